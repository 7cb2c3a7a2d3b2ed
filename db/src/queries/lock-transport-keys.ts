import type { Queryable } from "../database.js";

/** Lets one replica at a time look for a fresh transport key and make one, until its transaction ends. */
export async function lockTransportKeys(tx: Queryable): Promise<void> {
  await tx.execute("LOCK TABLE transport_keys IN SHARE ROW EXCLUSIVE MODE");
}
