import type { Queryable } from "../database.js";

/**
 * Whether anything that was logged waits for its place in its chain.
 *
 * @param chain only in this one.
 */
export async function hasLogInboxRows(db: Queryable, chain?: string): Promise<boolean> {
  const { rows } = await db.query<{ waits: boolean }>({
    name: "has_log_inbox_rows",
    text: "SELECT EXISTS (SELECT 1 FROM call_log_inbox WHERE $1::text IS NULL OR chain = $1) AS waits",
    values: [chain ?? null],
  });
  return rows[0]?.waits === true;
}
