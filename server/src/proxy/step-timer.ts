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

/** Told how long each step took that came to its end, in microseconds of wall time. */
export type OnTiming = (step: CallStep, microseconds: number) => void;

/** Marks the end of a step. */
export type StepTimer = (step: CallStep) => void;

/** Times steps; without a listener it costs nothing. */
export function startStepTimer(onTiming: OnTiming | undefined): StepTimer {
  if (onTiming === undefined) return () => undefined;
  let last = performance.now();
  return (step) => {
    const now = performance.now();
    onTiming(step, (now - last) * 1000);
    last = now;
  };
}

/** One listener for two; undefined where there is none. */
export function tellBoth(one: OnTiming | undefined, other: OnTiming | undefined): OnTiming | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return (step, microseconds) => {
    one(step, microseconds);
    other(step, microseconds);
  };
}
