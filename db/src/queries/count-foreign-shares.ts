import type { Queryable } from "../database.js";

const TEXT = `
  SELECT count(*)::integer AS slots FROM key_slots
   WHERE status = 'active' AND encode(server_key_id, 'hex') <> ALL (string_to_array($1, ','))`;

/** Counts the active slots whose share is sealed to none of these storage keys, each 8 bytes. */
export async function countForeignShares(
  db: Queryable,
  keyIds: readonly Uint8Array[],
): Promise<{ slots: number }> {
  const known = keyIds.map((id) => Buffer.from(id).toString("hex")).join(",");
  const { rows } = await db.query<{ slots: number }>({ text: TEXT, values: [known] });
  return { slots: rows[0]?.slots ?? 0 };
}
