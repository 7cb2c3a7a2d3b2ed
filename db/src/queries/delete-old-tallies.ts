import type { Queryable } from "../database.js";

/** How long figures are kept: the 90 days that can be asked for, and the one that has begun. */
const KEPT_SECONDS = 92 * 86_400;

/** Forgets the figures of days that nobody can ask for any more. `now` in Unix seconds. */
export async function deleteOldTallies(db: Queryable, now: number): Promise<void> {
  const values = [now - KEPT_SECONDS];
  await db.query({ text: "DELETE FROM call_hours WHERE hour < $1::bigint", values });
  await db.query({ text: "DELETE FROM slot_days WHERE day < $1::bigint", values });
}
