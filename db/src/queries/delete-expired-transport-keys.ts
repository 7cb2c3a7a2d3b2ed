import type { Database } from "../database.js";

const TEXT = "DELETE FROM transport_keys WHERE not_after + $1::bigint < unix_now()";

/**
 * Deletes the transport keys whose last use date is more than `graceSeconds` ago, and their bytes with them: an
 * ordinary VACUUM would leave those in the free space of a page that still holds other keys, so the table (a few
 * rows) is written anew.
 */
export async function deleteExpiredTransportKeys(
  db: Database,
  { graceSeconds }: { graceSeconds: number },
): Promise<{ deleted: number }> {
  const { rowCount } = await db.query({ text: TEXT, values: [graceSeconds] });
  if (rowCount > 0) await db.execute("VACUUM FULL transport_keys");
  return { deleted: rowCount };
}
