import type { Queryable } from "../database.js";

/** A transport key. `id` is 8 bytes, `notAfter` its last use date in Unix seconds. */
export interface TransportKey {
  id: Uint8Array;
  wrappedPrivateKey: Uint8Array;
  notAfter: number;
}

const TEXT = `
  INSERT INTO transport_keys (id, wrapped_private_key, not_after) VALUES ($1::bytea, $2::bytea, $3::bigint)`;

/** Stores a new transport key for all replicas. */
export async function insertTransportKey(db: Queryable, key: Readonly<TransportKey>): Promise<void> {
  await db.query({ text: TEXT, values: [key.id, key.wrappedPrivateKey, key.notAfter] });
}
