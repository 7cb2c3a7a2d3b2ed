import type { Queryable } from "../database.js";
import type { TransportKey } from "./insert-transport-key.js";

const TEXT = `
  SELECT id, wrapped_private_key AS "wrappedPrivateKey", not_after AS "notAfter"
    FROM transport_keys ORDER BY not_after DESC, id`;

/** All transport keys that are still there, the newest first. */
export async function listTransportKeys(db: Queryable): Promise<TransportKey[]> {
  const { rows } = await db.query<TransportKey>({ name: "list_transport_keys", text: TEXT });
  return rows;
}
