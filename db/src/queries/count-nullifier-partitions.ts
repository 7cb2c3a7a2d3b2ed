import type { Queryable } from "../database.js";

/** How many partitions `nullifiers` has: a few hours' worth while maintenance runs. */
export async function countNullifierPartitions(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ count: number }>({
    text: "SELECT count(*)::int AS count FROM pg_inherits WHERE inhparent = to_regclass('nullifiers')",
  });
  return rows[0]?.count ?? 0;
}
