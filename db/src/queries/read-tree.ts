import type { Queryable } from "../database.js";
import type { IndexedLeaf } from "./read-leaves.js";

/** A slot's stored root and the leaves under it, all of one moment. */
export interface StoredTree {
  appRoot: Uint8Array;
  leaves: IndexedLeaf[];
}

const TEXT = `
  SELECT s.app_root AS "appRoot", g.leaf_index AS "index", g.leaf
    FROM key_slots s
    LEFT JOIN app_grants g ON g.slot_id = s.id AND g.revoked_at IS NULL
   WHERE s.id = $1::uuid ORDER BY g.leaf_index`;

/** Reads a slot's tree without its lock: it is of one moment, but may have changed by the next. Null for no slot. */
export async function readTree(db: Queryable, slotId: string): Promise<StoredTree | null> {
  const { rows } = await db.query<
    { appRoot: Uint8Array } & (IndexedLeaf | { readonly index: null; readonly leaf: null })
  >({ text: TEXT, values: [slotId] });
  if (rows[0] === undefined) return null;
  return {
    appRoot: rows[0].appRoot,
    leaves: rows.flatMap(({ index, leaf }) => (index === null ? [] : [{ index, leaf }])),
  };
}
