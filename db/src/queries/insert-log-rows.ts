import type { Queryable } from "../database.js";
import type { WrittenLogRow } from "./take-from-log-inbox.js";

/** A row with its place in its chain. Hashes in lowercase hex. */
export interface LinkedLogRow extends WrittenLogRow {
  seq: number;
  prevHash: string;
  hash: string;
}

const TEXT = `
  INSERT INTO call_log (id, chain, developer_id, slot_id, app_id, subject, method, endpoint, status_code, latency_ms,
                        outcome, count, request_hash, nullifier, root, created_at, seq, prev_hash, hash)
  SELECT r.id, r.chain, r.developer, r.slot, r.app, r.subject, r.method, r.endpoint, r.status, r."latencyMs",
         r.outcome, r.count, decode(r."requestHash", 'hex'), decode(r.nullifier, 'hex'), decode(r.root, 'hex'),
         r.at, r.seq, decode(r."prevHash", 'hex'), decode(r.hash, 'hex')
    FROM jsonb_to_recordset($1::jsonb) AS r (
           id bigint, chain text, developer text, slot uuid, app text, subject text, method text, endpoint text,
           status integer, "latencyMs" integer, outcome text, count bigint, "requestHash" text, nullifier text,
           root text, at bigint, seq bigint, "prevHash" text, hash text)`;

/** Writes linked rows into the log. A month that has no partition fails as `isMissingPartition` tells. */
export async function insertLogRows(tx: Queryable, rows: readonly LinkedLogRow[]): Promise<void> {
  await tx.query({ name: "insert_log_rows", text: TEXT, values: [JSON.stringify(rows)] });
}
