import type { Database } from "../database.js";
import { isMissingPartition } from "../errors.js";

/** A call whose proof holds, with the versions of slot and grant that it was checked against. */
export interface BurnRequest {
  readonly slotId: string;
  readonly appId: string;
  readonly slotVersion: number;
  readonly grantVersion: number;
  /** 32 bytes. */
  readonly nullifier: Uint8Array;
  /** Unix seconds. */
  readonly expiresAt: number;
  /** Calls that the slot may make in a minute of the clock; 0 for no cap. */
  readonly slotCallsPerMinute: number;
}

/**
 * - `burnt`: the call may go on, with the sealed share of the version it was checked against
 * - `replay`: the nullifier was used before
 * - `inactive`: slot or grant was revoked or changed, or the call expired, since it was checked
 * - `limited`: the cap is reached until `resetAt` (Unix seconds); the nullifier stays used
 */
export type BurnResult =
  | { outcome: "burnt"; share1Encrypted: Uint8Array; serverKeyId: Uint8Array }
  | { outcome: "replay" }
  | { outcome: "inactive" }
  | { outcome: "limited"; limit: number; used: number; resetAt: number };

interface Row {
  outcome: BurnResult["outcome"];
  sealedShare: Uint8Array;
  sealedFor: Uint8Array;
  calls: number;
  resetsAt: number;
}

const TEXT = `
  SELECT outcome, sealed_share AS "sealedShare", sealed_for AS "sealedFor", calls, resets_at AS "resetsAt"
    FROM burn_nullifier($1::uuid, $2, $3::integer, $4::integer, $5::bytea, $6::bigint, $7::bigint)`;

/**
 * Burns the nullifier of a call and counts it, under the slot's shared lock, in one transaction of its own (so it
 * takes the database, not a transaction) and one round trip. Once it has answered `burnt` the nullifier stays used
 * whatever happens to the call. The steps are in the function `burn_nullifier` of migration 0002.
 */
export async function burnNullifier(db: Database, request: BurnRequest): Promise<BurnResult> {
  const { slotId, appId, slotVersion, grantVersion, nullifier, expiresAt, slotCallsPerMinute } = request;
  try {
    const { rows } = await db.query<Row>({
      name: "burn_nullifier",
      text: TEXT,
      values: [slotId, appId, slotVersion, grantVersion, nullifier, expiresAt, slotCallsPerMinute],
    });
    const row = rows[0];
    if (row === undefined) throw new Error("burn_nullifier answered no row");
    return resultOf(row, slotCallsPerMinute);
  } catch (error) {
    // The partition was dropped since the check of the expiry, or is not made yet: nobody may be let in there.
    if (isMissingPartition(error)) return { outcome: "inactive" };
    throw error;
  }
}

function resultOf(row: Row, limit: number): BurnResult {
  switch (row.outcome) {
    case "burnt":
      return { outcome: "burnt", share1Encrypted: row.sealedShare, serverKeyId: row.sealedFor };
    case "limited":
      return { outcome: "limited", limit, used: row.calls, resetAt: row.resetsAt };
    case "replay":
    case "inactive":
      return { outcome: row.outcome };
  }
}
