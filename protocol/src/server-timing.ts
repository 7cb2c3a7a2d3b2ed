/** Header of a provider's answer in which server and edge say what the call's steps took (W3C Server Timing). */
export const SERVER_TIMING_HEADER = "server-timing";

/** The steps that are told, in the order in which they happen. */
export const TOLD_STEPS = ["edge", "verify", "burn", "upstream"] as const;

/** One of {@link TOLD_STEPS}. */
export type ToldStep = (typeof TOLD_STEPS)[number];

/** Tenths of a millisecond: enough to compare steps, and no finer than a page's own clock. */
const DECIMALS = 1;

/** One metric as it stands in the header: `verify;dur=4.9`. */
export function writeTiming(step: ToldStep, milliseconds: number): string {
  return `${step};dur=${milliseconds.toFixed(DECIMALS)}`;
}

/** Milliseconds by step; what is not there or cannot be read is left out. */
export function readTimings(header: string | null): Partial<Record<ToldStep, number>> {
  const timings: Partial<Record<ToldStep, number>> = {};
  for (const metric of (header ?? "").split(",")) {
    const [, name, duration] = /^\s*([a-z]+);dur=(\d+(?:\.\d+)?)\s*$/.exec(metric) ?? [];
    const step = TOLD_STEPS.find((told) => told === name);
    if (step !== undefined) timings[step] = Number(duration);
  }
  return timings;
}
