import type { Database } from "../database.js";

/**
 * Writes the table of transport keys anew, so that what was deleted or replaced is not left in its pages. An ordinary VACUUM
 * would leave those bytes in the free space of a page that still holds other keys; the table has a few rows.
 */
export async function rewriteTransportKeys(db: Database): Promise<void> {
  await db.execute("VACUUM FULL transport_keys");
}
