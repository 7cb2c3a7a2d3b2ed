import type { Queryable } from "../database.js";

/** How many slots a developer has, and how many apps may use the active ones. */
export interface SlotCounts {
  active: number;
  revoked: number;
  /** Grants, not names: an app on two slots counts twice. */
  appsGranted: number;
}

const TEXT = `
  SELECT count(*) FILTER (WHERE s.status = 'active') AS active,
         count(*) FILTER (WHERE s.status = 'revoked') AS revoked,
         (SELECT count(*) FROM key_slots a JOIN app_grants g ON g.slot_id = a.id AND g.revoked_at IS NULL
           WHERE a.developer_id = $1 AND a.status = 'active') AS "appsGranted"
    FROM key_slots s
   WHERE s.developer_id = $1`;

/** Counts a developer's slots and grants as they are now. */
export async function countSlots(db: Queryable, developerId: string): Promise<SlotCounts> {
  const { rows } = await db.query<SlotCounts>({ name: "count_slots", text: TEXT, values: [developerId] });
  return rows[0] ?? { active: 0, revoked: 0, appsGranted: 0 };
}
