import type { Queryable } from "../database.js";

/** The last row that the log has of a chain, whatever the chain's head says; the hash in lowercase hex. */
export interface LastLogRow {
  chain: string;
  seq: number;
  hash: string;
  at: number;
}

const TEXT = `
  SELECT l.chain, l.seq, encode(l.hash, 'hex') AS hash, l.created_at AS at
    FROM jsonb_array_elements_text($1::jsonb) AS c (chain)
   CROSS JOIN LATERAL (
         SELECT chain, seq, hash, created_at FROM call_log WHERE chain = c.chain ORDER BY seq DESC LIMIT 1) AS l`;

/** Finds the last rows of chains; those without rows are left out. */
export async function findLastLogRows(db: Queryable, chains: readonly string[]): Promise<LastLogRow[]> {
  const values = [JSON.stringify(chains)];
  return (await db.query<LastLogRow>({ name: "find_last_log_rows", text: TEXT, values })).rows;
}
