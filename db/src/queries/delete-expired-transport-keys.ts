import type { Database } from "../database.js";
import { rewriteTransportKeys } from "./rewrite-transport-keys.js";

const TEXT = "DELETE FROM transport_keys WHERE not_after + $1::bigint < unix_now()";

/** Deletes the transport keys whose last use date is more than `graceSeconds` ago, and their bytes with them. */
export async function deleteExpiredTransportKeys(
  db: Database,
  { graceSeconds }: { graceSeconds: number },
): Promise<{ deleted: number }> {
  const { rowCount } = await db.query({ text: TEXT, values: [graceSeconds] });
  if (rowCount > 0) await rewriteTransportKeys(db);
  return { deleted: rowCount };
}
