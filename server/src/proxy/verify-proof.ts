import { ServerError } from "../errors.js";
import {
  type ProofStatement,
  type ProofVerifier,
  VerifierBusyError,
  VerifierLostError,
} from "../proof/proof-verifier.js";
import type { ClaimedCall } from "./read-statement.js";

declare const authorised: unique symbol;

/**
 * A call whose caller proved that it owns the slot's other share, that the app is granted, and that the proof was
 * made for exactly this request. The only thing that later steps accept, and only this file makes one.
 */
export interface AuthorisedCall extends Omit<ClaimedCall, "proof" | "publicInputs"> {
  readonly [authorised]: true;
}

/**
 * Step 4: the proof. It waits in its slot's turn: until it is judged, nothing says that whoever sent it may use the
 * slot, and proofs that fail must not shut out other slots.
 *
 * @param signal ends the wait in the verifier's queue.
 * @throws ServerError `invalidProof`, or `busy` when no verifier could judge it.
 */
export async function verifyProof(
  verifier: ProofVerifier,
  claimed: ClaimedCall,
  signal: AbortSignal,
): Promise<AuthorisedCall> {
  const { proof, publicInputs, ...call } = claimed;
  const statement = { proof, publicInputs, queueKey: claimed.slot.id };
  if (!(await judge(verifier, statement, signal))) {
    throw new ServerError("invalidProof", { logReason: "proof" });
  }
  return call as AuthorisedCall;
}

async function judge(
  verifier: ProofVerifier,
  statement: ProofStatement,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return await verifier.verify(statement, signal);
  } catch (error) {
    if (error instanceof VerifierBusyError || error instanceof VerifierLostError) {
      const headers = { "retry-after": String(error.retryAfter) };
      throw new ServerError("busy", { headers, cause: error, logReason: "busy" });
    }
    throw error;
  }
}
