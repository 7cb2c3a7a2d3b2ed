import { writeFile } from "node:fs/promises";
import type { Machine, Versions } from "./machine/describe-machine.js";
import type { CallFigures } from "./measure/calls.js";
import type { ProvingFigures } from "./measure/proving.js";
import type { RefusalFigures } from "./measure/refusals.js";
import type { StartUpFigures } from "./measure/start-up.js";
import type { StepFigures } from "./measure/steps.js";
import type { VerificationFigures } from "./measure/verification.js";
import type { Part } from "./options.js";

/** The figures of each part; one that was not measured is not there. */
export interface Figures {
  verification?: readonly VerificationFigures[];
  calls?: readonly CallFigures[];
  steps?: readonly StepFigures[];
  proving?: readonly ProvingFigures[];
  startUp?: readonly StartUpFigures[];
  refusals?: readonly RefusalFigures[];
}

/** Everything that a run says. */
export interface Results {
  /** ISO 8601. */
  readonly date: string;
  /** Rounds too few and too short to mean anything. */
  readonly quick: boolean;
  readonly machine: Machine;
  readonly versions: Versions;
  /** Load averages over 1, 5 and 15 minutes. */
  readonly load: { readonly before: readonly number[]; readonly after: readonly number[] };
  readonly figures: Figures;
  readonly notMeasured: readonly { readonly part: Part; readonly reason: string }[];
}

const FILE = new URL("../results/latest.json", import.meta.url);

/** The results as text, figures to four digits: more is noise. */
export function formatResults(results: Results): string {
  const round = (_: string, value: unknown): unknown =>
    typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
  return `${JSON.stringify(results, round, 2)}\n`;
}

/** Writes bench/results/latest.json. */
export async function writeResults(results: Results): Promise<void> {
  await writeFile(FILE, formatResults(results));
}
