import { writeTiming, type ToldStep } from "@vaultproof/protocol/server-timing";
import type { CallStep, OnTiming } from "./step-timer.js";

/** The steps of a call that its caller is told the time of, and under what name. */
const TOLD: Partial<Record<CallStep, ToldStep>> = {
  verifyProof: "verify",
  burnNullifier: "burn",
  // From the key's way to the provider until the head of its answer.
  sendUpstream: "upstream",
  wipe: "upstream",
  awaitAnswer: "upstream",
};

/** What a caller is told of the time that its call took. */
export interface ToldTimings {
  readonly onTiming: OnTiming;
  /** Value of `Server-Timing`. */
  header(): string;
}

/**
 * Adds up the steps of one call. For the provider's answer alone: what is refused says nothing about how far it came,
 * not in its time either.
 */
export function createToldTimings(): ToldTimings {
  const milliseconds = new Map<ToldStep, number>();
  return {
    onTiming(step, microseconds) {
      const told = TOLD[step];
      if (told !== undefined) milliseconds.set(told, (milliseconds.get(told) ?? 0) + microseconds / 1000);
    },
    header: () => [...milliseconds].map(([step, took]) => writeTiming(step, took)).join(", "),
  };
}
