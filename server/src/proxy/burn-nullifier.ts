import type { Database } from "@vaultproof/db/database";
import { burnNullifier as burn, type CapUse } from "@vaultproof/db/queries/burn-nullifier";
import { capReason, type CapUsage } from "@vaultproof/protocol/caps";
import { ServerError } from "../errors.js";
import { capsOf, type CallCap } from "./call-caps.js";
import type { AuthorisedCall } from "./verify-proof.js";

/** What this step needs. */
export interface BurnDependencies {
  readonly db: Database;
  /** `SLOT_CALLS_PER_MINUTE`; 0 for no cap. */
  readonly slotCallsPerMinute: number;
}

/** A call that may happen now. */
export interface BurntCall {
  /** Of the slot version that the proof was checked against. */
  readonly share1Encrypted: Uint8Array;
  /** The cap that is used most, this call included; null where there is none. */
  readonly usage: CapUsage | null;
}

/**
 * Step 6: the one decision that a call may happen, once. After it the nullifier is used, whatever comes next.
 *
 * @param subject for whom the call is made, as its token says; null for nobody in particular.
 * @throws ServerError `replay`, `invalidProof` for what is no longer active, `rateLimited` with the cap that is reached,
 *   `appNotAuthorized` before anything is burnt where a stored cap cannot be read.
 */
export async function burnNullifier(
  { db, slotCallsPerMinute }: BurnDependencies,
  call: AuthorisedCall,
  subject: string | null,
): Promise<BurntCall> {
  const { slot, grant, nullifier, expiresAt, now } = call;
  const result = await burn(db, {
    ...{ nullifier, expiresAt },
    slotId: slot.id,
    appId: grant.appId,
    slotVersion: slot.version,
    grantVersion: grant.version,
    caps: capsOf(call, subject, slotCallsPerMinute),
  });
  switch (result.outcome) {
    case "burnt": {
      const { share1Encrypted, fullest } = result;
      return { share1Encrypted, usage: fullest && usageOf(fullest) };
    }
    case "replay":
      throw new ServerError("replay");
    case "inactive":
      throw new ServerError("invalidProof");
    case "limited": {
      const usage = usageOf(result.reached);
      const { limit, used, reset } = usage;
      const retryAfter = Math.max(1, Math.ceil(reset - now));
      throw new ServerError("rateLimited", {
        extra: { reason: capReason(usage), limit, used, reset },
        headers: { "retry-after": String(retryAfter) },
      });
    }
  }
}

function usageOf({ cap, used, resetAt }: CapUse<CallCap>): CapUsage {
  return { name: cap.name, scope: cap.scope, used, limit: cap.limit, reset: resetAt };
}
