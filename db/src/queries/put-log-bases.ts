import type { Queryable } from "../database.js";
import type { SignedPlace } from "./put-log-heads.js";

const TEXT = `
  UPDATE log_chains c
     SET base_seq = b.seq, base_hash = decode(b.hash, 'hex'), base_at = b.at,
         base_identity = decode(b.identity, 'hex'), base_signature = decode(b.signature, 'hex')
    FROM jsonb_to_recordset($1::jsonb) AS b (
           chain text, seq bigint, hash text, at bigint, identity text, signature text)
   WHERE c.chain = b.chain AND b.seq BETWEEN c.base_seq AND c.head_seq`;

/** Says up to where chains have no rows any more. A base never goes back, nor beyond the head. */
export async function putLogBases(tx: Queryable, bases: readonly SignedPlace[]): Promise<void> {
  await tx.query({ text: TEXT, values: [JSON.stringify(bases)] });
}
