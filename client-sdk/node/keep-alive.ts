import type { ProverLane } from "../src/prover-pool.js";

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Keeps the process alive while the lane works, and only then: its worker is detached from the event loop, so that a
 * script ends by itself, but must not end in the middle of a call.
 */
export function keepAliveWhileProving(lane: ProverLane): ProverLane {
  return {
    close: () => lane.close(),
    prove: async (witness) => {
      const timer = setInterval(() => undefined, LONGEST_TIMER_MS);
      try {
        return await lane.prove(witness);
      } finally {
        clearInterval(timer);
      }
    },
  };
}
