import type { Queryable } from "../database.js";
import type { IndexedLeaf } from "./read-leaves.js";

/** Where a leaf is, and the tree that it is in, all of one moment. */
export interface LeafPosition {
  index: number;
  leaves: IndexedLeaf[];
  appRoot: Uint8Array;
}

const TEXT = `
  SELECT g.leaf_index AS "index", g.leaf, s.app_root AS "appRoot"
    FROM key_slots s
    JOIN app_grants g ON g.slot_id = s.id AND g.revoked_at IS NULL
   WHERE s.id = $1::uuid AND s.status = 'active'
     AND EXISTS (SELECT 1 FROM app_grants own
                  WHERE own.slot_id = s.id AND own.leaf = $2::bytea AND own.revoked_at IS NULL)
   ORDER BY g.leaf_index`;

/** Finds a leaf among the active grants of an active slot; everything else is null. */
export async function findLeafPath(
  db: Queryable,
  { slotId, leaf }: { slotId: string; leaf: Uint8Array },
): Promise<LeafPosition | null> {
  const { rows } = await db.query<IndexedLeaf & { appRoot: Uint8Array }>({
    name: "find_leaf_path",
    text: TEXT,
    values: [slotId, leaf],
  });
  const own = rows.find((row) => Buffer.compare(row.leaf, leaf) === 0);
  if (own === undefined) return null;
  return {
    index: own.index,
    leaves: rows.map((row) => ({ index: row.index, leaf: row.leaf })),
    appRoot: own.appRoot,
  };
}
