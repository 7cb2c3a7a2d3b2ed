/** The parts of a call whose time is worth knowing, in the order in which they begin. */
export type CallStep =
  | "edgeSignature"
  | "contentDigest"
  | "readCall"
  | "readStatement"
  | "verifyProof"
  | "checkRestrictions"
  | "burnNullifier"
  | "rebuildKey"
  | "sendUpstream"
  | "wipe"
  | "awaitAnswer"
  | "log";

/** Told how long each step took, in microseconds of wall time. */
export type OnTiming = (step: CallStep, microseconds: number) => void;

/** Marks the end of a step. */
export type StepTimer = (step: CallStep) => void;

/** Times the steps of one call, for benchmarks; without a listener it costs nothing. */
export function startStepTimer(onTiming: OnTiming | undefined): StepTimer {
  if (onTiming === undefined) return () => undefined;
  let last = process.hrtime.bigint();
  return (step) => {
    const now = process.hrtime.bigint();
    onTiming(step, Number(now - last) / 1000);
    last = now;
  };
}
