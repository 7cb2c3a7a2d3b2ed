import type { Queryable } from "../database.js";

/** A signed place in a chain. Hash, key and signature in lowercase hex, the time in Unix seconds. */
export interface SignedPlace {
  readonly chain: string;
  readonly seq: number;
  readonly hash: string;
  readonly at: number;
  readonly identity: string;
  readonly signature: string;
}

const TEXT = `
  INSERT INTO log_chains AS c (chain, developer_id, head_seq, head_hash, head_at, head_identity, head_signature)
  SELECT h.chain, h.developer, h.seq, decode(h.hash, 'hex'), h.at, decode(h.identity, 'hex'),
         decode(h.signature, 'hex')
    FROM jsonb_to_recordset($1::jsonb) AS h (
           chain text, developer text, seq bigint, hash text, at bigint, identity text, signature text)
  ON CONFLICT (chain) DO UPDATE
     SET head_seq = excluded.head_seq, head_hash = excluded.head_hash, head_at = excluded.head_at,
         head_identity = excluded.head_identity, head_signature = excluded.head_signature`;

/** Sets the heads of chains, and begins chains that are new. */
export async function putLogHeads(
  tx: Queryable,
  heads: readonly (SignedPlace & { readonly developer: string })[],
): Promise<void> {
  await tx.query({ name: "put_log_heads", text: TEXT, values: [JSON.stringify(heads)] });
}
