import { availableParallelism } from "node:os";
import { NotMeasuredError, type BenchContext } from "./measure/bench-context.js";
import { describeLoad, describeMachine, describeVersions } from "./machine/describe-machine.js";
import { measureCalls } from "./measure/calls.js";
import { measureProving } from "./measure/proving.js";
import { measureRefusals } from "./measure/refusals.js";
import { measureStartUp } from "./measure/start-up.js";
import { measureSteps } from "./measure/steps.js";
import { measureVerification } from "./measure/verification.js";
import { PARTS, readOptions, USAGE, UsageError, type BenchOptions, type Part } from "./options.js";
import { openProvingMaterial, type ProvingMaterial } from "./proofs/reference-string.js";
import { formatReport, writePage } from "./report.js";
import { formatResults, writeResults, type Figures, type Results } from "./results.js";
import { createChildProcesses } from "./stack/child-processes.js";
import { findDatabaseServer } from "./stack/database-server.js";

/** How each part is measured and where its figures go. */
const MEASURE: Readonly<Record<Part, (context: BenchContext, figures: Figures) => Promise<void>>> = {
  verification: async (context, figures) => void (figures.verification = await measureVerification(context)),
  calls: async (context, figures) => void (figures.calls = await measureCalls(context)),
  steps: async (context, figures) => void (figures.steps = await measureSteps(context)),
  proving: async (context, figures) => void (figures.proving = await measureProving(context)),
  "start-up": async (context, figures) => void (figures.startUp = await measureStartUp(context)),
  refusals: async (context, figures) => void (figures.refusals = await measureRefusals(context)),
};

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let options: BenchOptions | null;
  try {
    options = readOptions(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${USAGE}`);
    return 2;
  }
  if (options === null) {
    console.log(USAGE);
    return 0;
  }
  const results = await run(options);
  if (options.quick || options.parts.length < PARTS.length) {
    console.log(`${formatResults(results)}\n${formatReport(results)}`);
  } else {
    await writeResults(results);
    await writePage(results);
    console.log(`${formatReport(results)}\n\nWritten: bench/results/latest.json, docs/benchmarks.md`);
  }
  return 0;
}

async function run({ quick, parts }: BenchOptions): Promise<Results> {
  const say = (line: string): void => console.error(line);
  const before = describeLoad();
  const database = await findDatabaseServer(
    process.env.TEST_DATABASE_URL ?? "postgres://postgres@127.0.0.1:5432/test",
  );
  const material = await findMaterial(say);
  const children = createChildProcesses();
  // Whoever interrupts a run leaves no processes behind.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => void children.stopAll().finally(() => process.exit(1)));
  }
  const context = { quick, cores: availableParallelism(), children, database, material, say };
  try {
    const { figures, notMeasured } = await measureParts(parts, context);
    return {
      ...{ date: new Date().toISOString(), quick, machine: describeMachine() },
      versions: describeVersions(database.found?.version),
      load: { before, after: describeLoad() },
      ...{ figures, notMeasured },
    };
  } finally {
    await children.stopAll();
    await material?.dispose();
  }
}

async function measureParts(
  parts: readonly Part[],
  context: BenchContext,
): Promise<Pick<Results, "figures" | "notMeasured">> {
  const figures: Figures = {};
  const notMeasured: { part: Part; reason: string }[] = [];
  for (const part of parts) {
    try {
      await MEASURE[part](context, figures);
    } catch (error) {
      if (!(error instanceof NotMeasuredError)) throw error;
      context.say(`${part} is left out: ${error.message}`);
      notMeasured.push({ part, reason: error.message });
    }
  }
  return { figures, notMeasured };
}

async function findMaterial(say: (line: string) => void): Promise<ProvingMaterial | null> {
  try {
    return await openProvingMaterial();
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return null;
  }
}
