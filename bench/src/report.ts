import { readFile, writeFile } from "node:fs/promises";
import type { CallStep } from "@vaultproof/server/proxy/step-timer";
import type { CallFigures } from "./measure/calls.js";
import type { ProvingFigures } from "./measure/proving.js";
import type { RefusalFigures } from "./measure/refusals.js";
import type { StartUpFigures } from "./measure/start-up.js";
import type { StepFigures } from "./measure/steps.js";
import type { VerificationFigures } from "./measure/verification.js";
import type { Results } from "./results.js";
import { figure, judged, table } from "./table.js";

const PAGE = new URL("../../docs/benchmarks.md", import.meta.url);
const BEGIN = "<!-- figures: written by npm run bench -->";
const END = "<!-- end of figures -->";

/** Puts the figures between the marks in docs/benchmarks.md. Throws if the page has lost them. */
export async function writePage(results: Results): Promise<void> {
  const page = await readFile(PAGE, "utf8");
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin)
    throw new Error(`docs/benchmarks.md has no place for figures: ${BEGIN} … ${END}`);
  const before = page.slice(0, begin + BEGIN.length);
  await writeFile(PAGE, `${before}\n\n${formatReport(results)}\n\n${page.slice(end)}`);
}

/** The figures as Markdown; what was not measured has no line in any table. */
export function formatReport(results: Results): string {
  const { verification, calls, steps, proving, startUp, refusals } = results.figures;
  return [
    describeRun(results),
    ...(verification ? ["### Verification", verificationTable(verification)] : []),
    ...(calls ? ["### A call", latencyTable(calls), cpuTable(calls)] : []),
    ...(steps ? ["### The steps of a call", stepTable(steps)] : []),
    ...(proving ? ["### Proving", provingTable(proving)] : []),
    ...(startUp ? ["### Start-up", startUpTable(startUp)] : []),
    ...(refusals ? ["### Refusals without verification", refusalTable(refusals)] : []),
    ...results.notMeasured.map(({ part, reason }) => `Not measured: ${part}. ${reason}`),
  ].join("\n\n");
}

function describeRun({ date, quick, machine, versions, load }: Results): string {
  const rows = [
    ["date", date],
    ["machine", `${machine.cpu}, ${machine.cores} cores, ${machine.memory} MiB, ${machine.kernel}`],
    [
      "versions",
      [
        `Node ${versions.node}`,
        ...(versions.postgres === undefined ? [] : [`PostgreSQL ${versions.postgres}`]),
        `bb.js ${versions.bbJs}`,
        `noir_js ${versions.noir}`,
        `@fastify/http-proxy ${versions.httpProxy}`,
      ].join(", "),
    ],
    ["load average before", load.before.join(", ")],
    ["load average after", load.after.join(", ")],
    ...(quick ? [["quick run", "these figures mean nothing"]] : []),
  ];
  return [
    "| run | |",
    "| --- | --- |",
    ...rows.map(([name = "", value = ""]) => `| ${name} | ${value} |`),
  ].join("\n");
}

function verificationTable(figures: readonly VerificationFigures[]): string {
  const head = [
    "verifiers",
    "pool, proofs/s",
    "bare bb, proofs/s",
    "pool / bare (goal ≥ 0.9)",
    "CPU ms a bare proof",
  ];
  return table(
    head,
    figures.map(({ backend, verifiers, pool, bare, ratio, bareCpuMs }) => [
      `${verifiers} ${backend}`,
      figure(pool),
      figure(bare),
      judged(ratio, { atLeast: 0.9 }),
      bareCpuMs === undefined ? "" : figure(bareCpuMs),
    ]),
  );
}

function latencyTable(figures: readonly CallFigures[]): string {
  const head = ["calls at a time", "way", "p50, ms", "p99, ms", "calls"];
  const ways = { direct: "straight to the provider", proxy: "@fastify/http-proxy", vaultproof: "VaultProof" };
  return table(
    head,
    figures.flatMap(({ concurrency, latency }) =>
      (Object.keys(ways) as (keyof typeof ways)[]).map((way) => {
        const { median, p99, count } = latency[way];
        return [String(concurrency), ways[way], figure(median), figure(p99), String(count)];
      }),
    ),
  );
}

function cpuTable(figures: readonly CallFigures[]): string {
  const rows: readonly { name: string; of: (cpu: CallFigures["cpu"]) => string }[] = [
    { name: "server process", of: ({ server }) => figure(server) },
    { name: "its verifiers", of: ({ verifiers }) => figure(verifiers) },
    { name: "one bare verification", of: ({ bareVerification }) => figure(bareVerification) },
    {
      name: "**server and verifiers without it** (goal ≤ 1.5)",
      of: ({ besides }) => judged(besides, { atMost: 1.5 }),
    },
    { name: "edge", of: ({ edge }) => figure(edge) },
    { name: "PostgreSQL's connections", of: ({ database }) => figure(database) },
    { name: "for comparison: @fastify/http-proxy", of: ({ proxy }) => figure(proxy) },
  ];
  return table(
    ["CPU ms a call", ...figures.map(({ concurrency }) => `${concurrency} at a time`)],
    rows.map(({ name, of }) => [name, ...figures.map(({ cpu }) => of(cpu))]),
  );
}

/** In the order in which they happen, with the number of the protocol's step. */
const STEP_NAMES: Readonly<Record<CallStep, string>> = {
  edgeSignature: "1 edge signature",
  contentDigest: "1 content digest",
  readCall: "2 shape",
  readStatement: "3 statement",
  verifyProof: "4 proof",
  checkRestrictions: "5 restrictions",
  burnNullifier: "6 burn",
  rebuildKey: "7 rebuild",
  sendUpstream: "8 upstream: request sent",
  wipe: "9 wipe",
  awaitAnswer: "8 upstream: answer's head",
  log: "10 log, after the answer",
};

function stepTable(figures: readonly StepFigures[]): string {
  return table(
    ["step", "median, µs", "p99, µs", "calls"],
    (Object.keys(STEP_NAMES) as CallStep[]).flatMap((name) =>
      figures
        .filter(({ step }) => step === name)
        .map(({ median, p99, count }) => [STEP_NAMES[name], figure(median), figure(p99), String(count)]),
    ),
  );
}

function provingTable(figures: readonly ProvingFigures[]): string {
  const head = ["prover", "SDK, ms", "bare bb, ms", "SDK / bare (goal ≤ 1.15)", "bare bb on all cores, ms"];
  return table(
    head,
    figures.map(({ backend, sdk, bare, ratio, bareAllThreads }) => [
      backend,
      figure(sdk.median),
      figure(bare.median),
      judged(ratio, { atMost: 1.15 }),
      bareAllThreads === undefined ? "" : figure(bareAllThreads.median),
    ]),
  );
}

function startUpTable(figures: readonly StartUpFigures[]): string {
  return table(
    ["database", "empty, ms", "as left behind, ms"],
    figures.map(({ database, first, later }) => [database, figure(first.median), figure(later.median)]),
  );
}

function refusalTable(figures: readonly RefusalFigures[]): string {
  return table(
    ["refused", "refusals/s", "server CPU ms each"],
    figures.map(({ refused, perSecond, serverCpuMs }) => [
      refused,
      figure(perSecond),
      serverCpuMs === undefined ? "" : figure(serverCpuMs),
    ]),
  );
}
