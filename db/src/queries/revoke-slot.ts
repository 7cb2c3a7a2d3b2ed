import type { Queryable } from "../database.js";

const TEXT = `
  UPDATE key_slots SET status = 'revoked', share1_encrypted = NULL, revoked_at = unix_now()
   WHERE id = $1::uuid AND status = 'active'`;

/**
 * Revokes a slot for good and removes its share from the row. Call it after `lockSlot`, in the same transaction.
 *
 * @returns false if it was revoked before, or is not there.
 */
export async function revokeSlot(tx: Queryable, slotId: string): Promise<{ revoked: boolean }> {
  const { rowCount } = await tx.query({ text: TEXT, values: [slotId] });
  return { revoked: rowCount === 1 };
}
