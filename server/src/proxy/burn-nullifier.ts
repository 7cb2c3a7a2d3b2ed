import type { Database } from "@vaultproof/db/database";
import { burnNullifier as burn } from "@vaultproof/db/queries/burn-nullifier";
import { ServerError } from "../errors.js";
import type { AuthorisedCall } from "./verify-proof.js";

/** What this step needs. */
export interface BurnDependencies {
  readonly db: Database;
  /** `SLOT_CALLS_PER_MINUTE`; 0 for no cap. */
  readonly slotCallsPerMinute: number;
}

/**
 * Step 6: the one decision that a call may happen, once. After it the nullifier is used, whatever comes next.
 *
 * @returns the sealed share 1 of the slot version that the proof was checked against.
 * @throws ServerError `replay`, `invalidProof` for what is no longer active, `rateLimited`.
 */
export async function burnNullifier(
  { db, slotCallsPerMinute }: BurnDependencies,
  { slot, grant, nullifier, expiresAt, now }: AuthorisedCall,
): Promise<Uint8Array> {
  const result = await burn(db, {
    ...{ nullifier, expiresAt, slotCallsPerMinute },
    slotId: slot.id,
    appId: grant.appId,
    slotVersion: slot.version,
    grantVersion: grant.version,
  });
  switch (result.outcome) {
    case "burnt":
      return result.share1Encrypted;
    case "replay":
      throw new ServerError("replay");
    case "inactive":
      throw new ServerError("invalidProof");
    case "limited": {
      const { limit, used, resetAt: reset } = result;
      const retryAfter = Math.max(1, Math.ceil(reset - now));
      throw new ServerError("rateLimited", {
        extra: { limit, used, reset },
        headers: { "retry-after": String(retryAfter) },
      });
    }
  }
}
