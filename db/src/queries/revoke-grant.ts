import type { Queryable } from "../database.js";

const TEXT = `
  UPDATE app_grants SET revoked_at = unix_now()
   WHERE slot_id = $1::uuid AND app_id = $2 AND revoked_at IS NULL
  RETURNING leaf_index AS "index"`;

/** What became of the grant: the index that it had, or that the app had none. */
export type RevokeResult = { revoked: true; index: number } | { revoked: false };

/** Takes an app off a slot and frees its index. Call it after `lockSlot`, in the same transaction. */
export async function revokeGrant(
  tx: Queryable,
  { slotId, appId }: { slotId: string; appId: string },
): Promise<RevokeResult> {
  const { rows } = await tx.query<{ index: number }>({ text: TEXT, values: [slotId, appId] });
  return rows[0] === undefined ? { revoked: false } : { revoked: true, index: rows[0].index };
}
