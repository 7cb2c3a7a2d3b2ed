import { SERVER_TIMING_HEADER, writeTiming } from "@vaultproof/protocol/server-timing";

/**
 * Adds the edge's own time to an answer that tells the times of its call, and to no other: those are the answers that a
 * valid proof was paid for.
 *
 * @param milliseconds from the request's head until it was signed; the body came in that time.
 */
export function addEdgeTiming(answer: Headers, milliseconds: number): void {
  const told = answer.get(SERVER_TIMING_HEADER);
  if (told !== null) answer.set(SERVER_TIMING_HEADER, `${writeTiming("edge", milliseconds)}, ${told}`);
}
