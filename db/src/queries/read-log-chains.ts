import type { Queryable } from "../database.js";

/** Where a chain stands, as it was signed. Keys and signatures are bytes, hashes lowercase hex, times Unix seconds. */
export interface StoredLogChain {
  chain: string;
  headSeq: number;
  headHash: string;
  headAt: number;
  headIdentity: Uint8Array;
  headSignature: Uint8Array;
  /** 0 while no row was dropped; then the rest of the base is null. */
  baseSeq: number;
  baseHash: string | null;
  baseAt: number | null;
  baseIdentity: Uint8Array | null;
  baseSignature: Uint8Array | null;
}

/** The columns of `log_chains`, to be read from `c`. */
export const LOG_CHAIN_COLUMNS = `
  c.chain, c.head_seq AS "headSeq", encode(c.head_hash, 'hex') AS "headHash", c.head_at AS "headAt",
  c.head_identity AS "headIdentity", c.head_signature AS "headSignature", c.base_seq AS "baseSeq",
  encode(c.base_hash, 'hex') AS "baseHash", c.base_at AS "baseAt", c.base_identity AS "baseIdentity",
  c.base_signature AS "baseSignature"`;

const TEXT = `
  SELECT ${LOG_CHAIN_COLUMNS}
    FROM log_chains c
   WHERE c.chain IN (SELECT jsonb_array_elements_text($1::jsonb))
   ORDER BY c.chain
     FOR UPDATE`;

/**
 * Reads chains that are to be extended, and keeps others from changing them until the transaction ends.
 *
 * @param tx - a transaction
 */
export async function readLogChains(tx: Queryable, chains: readonly string[]): Promise<StoredLogChain[]> {
  const values = [JSON.stringify(chains)];
  const { rows } = await tx.query<StoredLogChain>({ name: "read_log_chains", text: TEXT, values });
  return rows;
}
