import type { Database } from "../database.js";
import { isMissingPartition } from "../errors.js";

/** A nonce of a developer signature that was verified; `expiresAt` is the signature's own, in Unix seconds. */
export interface SignatureNonce {
  readonly developerId: string;
  readonly nonce: string;
  readonly expiresAt: number;
}

const TEXT = `
  INSERT INTO used_nonces (developer_id, nonce, expires_at)
  SELECT $1, $2, $3::bigint
   WHERE $3::bigint >= unix_now() AND $3::bigint >= (SELECT below FROM watermark)
  ON CONFLICT DO NOTHING`;

/**
 * Uses a nonce up. The expiry is part of the key, as it is part of what was signed: a replayed signature carries the
 * same one.
 *
 * @returns false if it was used before, or if the signature has expired by the database's clock.
 */
export async function useNonce(
  db: Database,
  { developerId, nonce, expiresAt }: SignatureNonce,
): Promise<boolean> {
  try {
    const values = [developerId, nonce, expiresAt];
    const { rowCount } = await db.query({ name: "use_nonce", text: TEXT, values });
    return rowCount === 1;
  } catch (error) {
    if (isMissingPartition(error)) return false;
    throw error;
  }
}
