import type { Queryable } from "../database.js";

/** What became of the calls of one slot. */
export interface SlotUsage {
  id: string;
  label: string;
  provider: string;
  status: "active" | "revoked";
  /** Calls that were not refused. */
  calls: number;
  refused: number;
  /** Unix seconds of the last call that was not refused, as far back as tallies are kept. */
  lastUsedAt: number | null;
}

const TEXT = `
  SELECT s.id, s.label, s.provider, s.status,
         coalesce(u.calls, 0)::bigint AS calls, coalesce(u.refused, 0)::bigint AS refused,
         u.last_used_at AS "lastUsedAt"
    FROM key_slots s
    LEFT JOIN (SELECT slot_id, sum(calls) FILTER (WHERE day >= $2::bigint) AS calls,
                      sum(refused) FILTER (WHERE day >= $2::bigint) AS refused, max(last_used_at) AS last_used_at
                 FROM slot_days WHERE developer_id = $1 GROUP BY slot_id) u ON u.slot_id = s.id
   WHERE s.developer_id = $1
   ORDER BY coalesce(u.calls, 0) DESC, u.last_used_at DESC NULLS LAST, s.created_at, s.id
   LIMIT $3::bigint`;

/**
 * Counts the calls of each of a developer's slots, those with the most calls first, then those used last.
 *
 * @param options.since the first day that counts, Unix seconds at midnight UTC.
 * @param options.limit slots at most.
 */
export async function readSlotUsage(
  db: Queryable,
  {
    developerId,
    since,
    limit,
  }: { readonly developerId: string; readonly since: number; readonly limit: number },
): Promise<SlotUsage[]> {
  const values = [developerId, since, limit];
  const { rows } = await db.query<SlotUsage>({ name: "read_slot_usage", text: TEXT, values });
  return rows;
}
