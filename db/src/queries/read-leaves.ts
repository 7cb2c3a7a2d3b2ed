import type { Queryable } from "../database.js";

/** A leaf of an active grant. Indexes without one are empty leaves (0). */
export interface IndexedLeaf {
  index: number;
  leaf: Uint8Array;
}

const TEXT = `
  SELECT leaf_index AS "index", leaf FROM app_grants
   WHERE slot_id = $1::uuid AND revoked_at IS NULL ORDER BY leaf_index`;

/** The leaves of a slot's active grants, by index: what the app root is computed from. */
export async function readLeaves(tx: Queryable, slotId: string): Promise<IndexedLeaf[]> {
  const { rows } = await tx.query<IndexedLeaf>({ text: TEXT, values: [slotId] });
  return rows;
}
