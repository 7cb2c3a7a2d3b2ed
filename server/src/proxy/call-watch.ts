import type { ErrorCode } from "@vaultproof/protocol/errors";
import { startStepTimer, type CallStep, type OnTiming, type StepTimer } from "./step-timer.js";

/** How a call ended, in a closed set of words: answered to its end, cut in its answer, left by its caller, or refused. */
export type CallEnd = "answered" | "interrupted" | "caller gone" | ErrorCode;

/** One call, seen from beside its path. Nothing in here says whose call it is, or what it asks for. */
export interface CallWatch {
  /** A step has ended, or the call in it. Times are those of `performance.now()`. */
  step(
    step: CallStep,
    time: { readonly began: number; readonly ended: number; readonly failed: boolean },
  ): void;
  /** Told once, when the answer is out or there is nobody to take it. */
  end(end: CallEnd, status: number): void;
}

/** Begins to watch a call. Must not throw, nor must what it returns. */
export type WatchCall = (call: { readonly requestId: string }) => CallWatch;

/** The steps that handle-call.ts takes, each beginning where the one before it ended. */
const STEPS: readonly CallStep[] = [
  "readCall",
  "readStatement",
  "verifyProof",
  "checkRestrictions",
  "burnNullifier",
  "rebuildKey",
  "sendUpstream",
  "wipe",
  "awaitAnswer",
];

/** Times the steps of one call for those who watch. */
export interface CallTimer {
  readonly endStep: StepTimer;
  /** The call ended in the step that was under way. */
  fail(): void;
}

/** Starts now; with nobody to tell it costs nothing. */
export function startCallTimer({
  onTiming,
  watch,
}: {
  readonly onTiming?: OnTiming | undefined;
  readonly watch?: CallWatch | undefined;
}): CallTimer {
  const endStep = startStepTimer(onTiming);
  if (watch === undefined) return { endStep, fail: () => undefined };
  let began = performance.now();
  let current = 0;
  const tell = (step: CallStep, failed: boolean): void => {
    const ended = performance.now();
    watch.step(step, { began, ended, failed });
    began = ended;
  };
  return {
    endStep(step) {
      endStep(step);
      tell(step, false);
      current = STEPS.indexOf(step) + 1;
    },
    fail() {
      const step = STEPS[current];
      if (step !== undefined) tell(step, true);
    },
  };
}

/** Watches with all of several. */
export function watchTogether(watchers: readonly WatchCall[]): WatchCall | undefined {
  if (watchers.length < 2) return watchers[0];
  return (call) => {
    const watches = watchers.map((watch) => watch(call));
    return {
      step(step, time) {
        for (const watch of watches) watch.step(step, time);
      },
      end(end, status) {
        for (const watch of watches) watch.end(end, status);
      },
    };
  };
}
