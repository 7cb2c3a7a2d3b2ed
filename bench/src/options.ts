import { parseArgs } from "node:util";

/** The parts of a run, in the order in which they are measured. */
export const PARTS = ["verification", "calls", "steps", "proving", "start-up", "refusals"] as const;

export type Part = (typeof PARTS)[number];

export interface BenchOptions {
  /** Few and short rounds: shows that everything works, its figures mean nothing. */
  readonly quick: boolean;
  readonly parts: readonly Part[];
}

/** A command line that is not understood; the message is for its author. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const USAGE = `Usage: npm run bench -- [--quick] [--only <part>]…

  --quick        few and short rounds, to see that everything works
  --only <part>  this part only, may be repeated: ${PARTS.join(", ")}

A run of everything writes bench/results/latest.json and the table in docs/benchmarks.md.
With --quick or --only the figures are printed and nothing is written.

TEST_DATABASE_URL  PostgreSQL (postgres://postgres@127.0.0.1:5432/test)
CRS_PATH           folder of the reference string`;

/**
 * Reads the command line.
 *
 * @returns null where the usage was asked for.
 * @throws UsageError
 */
export function readOptions(args: readonly string[]): BenchOptions | null {
  const { quick, only, help } = parse(args);
  if (help) return null;
  for (const name of only) {
    if (!isPart(name)) throw new UsageError(`--only ${name}: there is ${PARTS.join(", ")}`);
  }
  return { quick, parts: PARTS.filter((part) => only.length === 0 || only.includes(part)) };
}

function parse(args: readonly string[]): { quick: boolean; only: string[]; help: boolean } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        quick: { type: "boolean", default: false },
        only: { type: "string", multiple: true, default: [] },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function isPart(name: string): name is Part {
  return (PARTS as readonly string[]).includes(name);
}
