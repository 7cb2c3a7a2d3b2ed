import type { Queryable } from "../database.js";

/** A stretch of time, [from, to), Unix seconds at full hours. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** A developer's calls within a period. Latencies are of calls that a provider answered whole, in milliseconds. */
export interface CallPeriod {
  answered: number;
  failed: number;
  interrupted: number;
  refused: number;
  p50: number | null;
  p95: number | null;
}

// A percentile is read from the middle of the bucket in which it lies; bucket 0 is less than a millisecond.
const TEXT = `
  WITH periods AS (
    SELECT (p ->> 'from')::bigint AS "from", (p ->> 'to')::bigint AS "to", place
      FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY AS t (p, place)
  ), tallies AS (
    SELECT p.place, h.kind, h.bucket, sum(h.count) AS count
      FROM periods p
      JOIN call_hours h ON h.developer_id = $1 AND h.hour >= p."from" AND h.hour < p."to"
     GROUP BY p.place, h.kind, h.bucket
  ), kinds AS (
    SELECT place,
           sum(count) FILTER (WHERE kind = 'answered') AS answered,
           sum(count) FILTER (WHERE kind = 'failed') AS failed,
           sum(count) FILTER (WHERE kind = 'interrupted') AS interrupted,
           sum(count) FILTER (WHERE kind = 'refused') AS refused
      FROM tallies GROUP BY place
  ), ranks AS (
    SELECT place, bucket,
           sum(sum(count)) OVER (PARTITION BY place ORDER BY bucket) AS upto,
           sum(sum(count)) OVER (PARTITION BY place) AS total
      FROM tallies WHERE kind IN ('answered', 'failed') GROUP BY place, bucket
  ), percentiles AS (
    SELECT place, min(bucket) FILTER (WHERE upto >= 0.5 * total) AS p50,
           min(bucket) FILTER (WHERE upto >= 0.95 * total) AS p95
      FROM ranks GROUP BY place
  )
  SELECT coalesce(k.answered, 0)::bigint AS answered, coalesce(k.failed, 0)::bigint AS failed,
         coalesce(k.interrupted, 0)::bigint AS interrupted, coalesce(k.refused, 0)::bigint AS refused,
         CASE WHEN l.p50 > 0 THEN round(2 ^ ((l.p50 - 0.5) / 8))::bigint ELSE l.p50::bigint END AS p50,
         CASE WHEN l.p95 > 0 THEN round(2 ^ ((l.p95 - 0.5) / 8))::bigint ELSE l.p95::bigint END AS p95
    FROM periods p
    LEFT JOIN kinds k ON k.place = p.place
    LEFT JOIN percentiles l ON l.place = p.place
   ORDER BY p.place`;

/** Counts a developer's calls in each of the periods, in their order; one without calls is all zeros. */
export async function readCallPeriods(
  db: Queryable,
  { developerId, periods }: { readonly developerId: string; readonly periods: readonly Period[] },
): Promise<CallPeriod[]> {
  const values = [developerId, JSON.stringify(periods)];
  const { rows } = await db.query<CallPeriod>({ name: "read_call_periods", text: TEXT, values });
  return rows;
}
