import type { Database } from "../database.js";
import { isMissingPartition } from "../errors.js";

/** A nonce of a developer signature that was verified; `expiresAt` is the signature's own, in Unix seconds. */
export interface SignatureNonce {
  readonly developerId: string;
  readonly nonce: string;
  readonly expiresAt: number;
  /** Requests that the developer may make in a minute of the clock; 0 for no limit. */
  readonly perMinute: number;
}

/**
 * - `fresh`: the request may go on
 * - `used`: the nonce was used before, or the signature has expired by the database's clock
 * - `limited`: the developer has made `used` requests in this minute, which ends at `resetAt` (Unix seconds); the nonce
 *   stays used
 */
export type NonceResult =
  | { readonly outcome: "fresh" }
  | { readonly outcome: "used" }
  | { readonly outcome: "limited"; readonly used: number; readonly resetAt: number };

interface Row {
  outcome: NonceResult["outcome"];
  used: number;
  resetAt: number;
}

const TEXT = `
  SELECT outcome, used, resets_at AS "resetAt" FROM use_nonce($1, $2, $3::bigint, $4::bigint)`;

/**
 * Uses a nonce up and counts the developer's request, in one transaction of its own. The expiry is part of the key, as
 * it is part of what was signed: a replayed signature carries the same one.
 */
export async function useNonce(
  db: Database,
  { developerId, nonce, expiresAt, perMinute }: SignatureNonce,
): Promise<NonceResult> {
  try {
    const values = [developerId, nonce, expiresAt, perMinute];
    const { rows } = await db.query<Row>({ name: "use_nonce", text: TEXT, values });
    const row = rows[0];
    if (row === undefined) throw new Error("use_nonce answered no row");
    const { outcome, used, resetAt } = row;
    return outcome === "limited" ? { outcome, used, resetAt } : { outcome };
  } catch (error) {
    if (isMissingPartition(error)) return { outcome: "used" };
    throw error;
  }
}
