import type { Queryable } from "../database.js";

const TEXT = `
  UPDATE app_grants SET revoked_at = unix_now()
   WHERE slot_id = $1::uuid AND app_id = $2 AND revoked_at IS NULL`;

/** Takes an app off a slot and frees its index. Call it after `lockSlot`, in the same transaction. */
export async function revokeGrant(
  tx: Queryable,
  { slotId, appId }: { slotId: string; appId: string },
): Promise<{ revoked: boolean }> {
  const { rowCount } = await tx.query({ text: TEXT, values: [slotId, appId] });
  return { revoked: rowCount === 1 };
}
