import type { StepTimer } from "./step-timer.js";

/** The caller's side of a call. */
export interface CallerConnection {
  /** Aborts when the caller goes away. */
  readonly signal: AbortSignal;
  /** Resolves when the answer is out, or was broken off. */
  readonly ended: Promise<"answered" | "interrupted">;
  readonly endStep: StepTimer;
}
