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
  /** What the call is counted against; each app, subject and window once. */
  readonly caps: readonly CountedCap[];
}

/** A cap on calls in windows of the database's clock: minutes, or days and months of UTC. */
export interface CountedCap {
  /** `''`: calls of all apps. */
  readonly app: string;
  /** `''`: calls for all subjects. */
  readonly subject: string;
  readonly window: "minute" | "day" | "month";
  /** 1 or more. */
  readonly limit: number;
}

/** How far a cap is used up, this call included. */
export interface CapUse<Cap extends CountedCap = CountedCap> {
  /** One of those that were asked for. */
  readonly cap: Cap;
  readonly used: number;
  /** Unix seconds at which its window ends. */
  readonly resetAt: number;
}

/**
 * - `burnt`: the call may go on, with the sealed share of the version it was checked against; `fullest` is the cap that
 *   is used most of its limit, null without caps
 * - `replay`: the nullifier was used before
 * - `inactive`: slot or grant was revoked or changed, or the call expired, since it was checked
 * - `limited`: a cap is reached; nothing was counted, and the nullifier stays used
 */
export type BurnResult<Cap extends CountedCap = CountedCap> =
  | {
      readonly outcome: "burnt";
      readonly share1Encrypted: Uint8Array;
      readonly serverKeyId: Uint8Array;
      readonly fullest: CapUse<Cap> | null;
    }
  | { readonly outcome: "replay" }
  | { readonly outcome: "inactive" }
  | { readonly outcome: "limited"; readonly reached: CapUse<Cap> };

interface Row {
  outcome: BurnResult["outcome"];
  sealedShare: Uint8Array;
  sealedFor: Uint8Array;
  capIndex: number | null;
  used: number;
  resetAt: number;
}

const TEXT = `
  SELECT outcome, sealed_share AS "sealedShare", sealed_for AS "sealedFor", cap_index AS "capIndex", used,
         resets_at AS "resetAt"
    FROM burn_nullifier($1::uuid, $2, $3::integer, $4::integer, $5::bytea, $6::bigint, $7::jsonb)`;

/**
 * Burns the nullifier of a call and counts it, under the slot's shared lock, in one transaction of its own (so it
 * takes the database, not a transaction) and one round trip. Once it has answered `burnt` the nullifier stays used
 * whatever happens to the call. The steps are in the function `burn_nullifier` of migration 0006.
 */
export async function burnNullifier<Cap extends CountedCap>(
  db: Database,
  request: Omit<BurnRequest, "caps"> & { readonly caps: readonly Cap[] },
): Promise<BurnResult<Cap>> {
  const { slotId, appId, slotVersion, grantVersion, nullifier, expiresAt } = request;
  const caps = [...request.caps].sort(byLocking);
  try {
    const { rows } = await db.query<Row>({
      name: "burn_nullifier",
      text: TEXT,
      values: [slotId, appId, slotVersion, grantVersion, nullifier, expiresAt, capsParameter(caps)],
    });
    const row = rows[0];
    if (row === undefined) throw new Error("burn_nullifier answered no row");
    return resultOf(row, caps);
  } catch (error) {
    // The partition was dropped since the check of the expiry, or is not made yet: nobody may be let in there.
    if (isMissingPartition(error)) return { outcome: "inactive" };
    throw error;
  }
}

const LENGTH = { minute: 0, day: 1, month: 2 } as const;

/** The one order in which everybody takes the locks of counters: by app, subject and length of the window. */
function byLocking(a: CountedCap, b: CountedCap): number {
  return inOrder(a.app, b.app) || inOrder(a.subject, b.subject) || LENGTH[a.window] - LENGTH[b.window];
}

function inOrder(a: string, b: string): number {
  return Number(a > b) - Number(a < b);
}

function capsParameter(caps: readonly CountedCap[]): string | null {
  if (caps.length === 0) return null;
  return JSON.stringify(caps.map(({ app, subject, window, limit }) => ({ app, subject, window, limit })));
}

function resultOf<Cap extends CountedCap>(row: Row, caps: readonly Cap[]): BurnResult<Cap> {
  const cap = row.capIndex === null ? undefined : caps[row.capIndex];
  const use = cap === undefined ? null : { cap, used: row.used, resetAt: row.resetAt };
  switch (row.outcome) {
    case "burnt":
      return {
        outcome: "burnt",
        share1Encrypted: row.sealedShare,
        serverKeyId: row.sealedFor,
        fullest: use,
      };
    case "limited":
      if (use === null) throw new Error("burn_nullifier did not say which cap is reached");
      return { outcome: "limited", reached: use };
    case "replay":
    case "inactive":
      return { outcome: row.outcome };
  }
}
