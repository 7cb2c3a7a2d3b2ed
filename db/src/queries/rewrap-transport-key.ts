import type { Queryable } from "../database.js";
import type { TransportKey } from "./insert-transport-key.js";

const TEXT = "UPDATE transport_keys SET wrapped_private_key = $2::bytea WHERE id = $1::bytea";

/** Stores the same transport key, wrapped anew. Call it after `lockTransportKeys`, in the same transaction. */
export async function rewrapTransportKey(
  tx: Queryable,
  key: Pick<Readonly<TransportKey>, "id" | "wrappedPrivateKey">,
): Promise<void> {
  await tx.query({ text: TEXT, values: [key.id, key.wrappedPrivateKey] });
}
