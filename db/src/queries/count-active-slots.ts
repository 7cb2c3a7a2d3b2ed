import type { Queryable } from "../database.js";

// Not FOR UPDATE: storing a slot refers to the developer's row, and would wait for that.
const LOCK = "SELECT 1 FROM developers WHERE id = $1 FOR NO KEY UPDATE";
const COUNT = `
  SELECT count(*) AS count FROM key_slots WHERE developer_id = $1 AND status = 'active'`;

/**
 * Counts a developer's active slots, those included that this transaction has stored. Until it ends nobody else counts
 * them, so that of several stores at once each counts those before it.
 *
 * @param tx - a transaction
 */
export async function countActiveSlots(tx: Queryable, developerId: string): Promise<number> {
  await tx.query({ text: LOCK, values: [developerId] });
  const { rows } = await tx.query<{ count: number }>({ text: COUNT, values: [developerId] });
  return rows[0]?.count ?? 0;
}
