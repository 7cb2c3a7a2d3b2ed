import type { Queryable } from "../database.js";
import type { LinkedLogRow } from "./insert-log-rows.js";
import { LOG_CHAIN_COLUMNS, type StoredLogChain } from "./read-log-chains.js";

/** Rows of a chain, and where the chain stood at the moment at which they were read. */
export interface LogExport {
  readonly chain: StoredLogChain;
  readonly rows: LinkedLogRow[];
}

// One statement, hence one snapshot: the head is of the rows.
const TEXT = `
  SELECT ${LOG_CHAIN_COLUMNS},
         r.id, r.created_at AS at, r.developer_id AS developer, r.slot_id AS slot, r.app_id AS app, r.subject, r.method,
         r.endpoint, r.status_code AS status, r.latency_ms AS "latencyMs", r.outcome, r.count,
         encode(r.request_hash, 'hex') AS "requestHash", encode(r.nullifier, 'hex') AS nullifier,
         encode(r.root, 'hex') AS root, r.seq, encode(r.prev_hash, 'hex') AS "prevHash", encode(r.hash, 'hex') AS hash
    FROM log_chains c
    LEFT JOIN LATERAL (
         SELECT * FROM call_log l WHERE l.chain = c.chain AND l.seq > $2 ORDER BY l.seq, l.id LIMIT $3) r ON true
   WHERE c.chain = $1
   ORDER BY r.seq, r.id`;

/**
 * Reads rows of a chain in their order.
 *
 * @param request.after only those behind this one.
 * @param request.limit 1 or more.
 * @returns null for a chain that has not begun.
 */
export async function readLogExport(
  db: Queryable,
  { chain, after, limit }: { readonly chain: string; readonly after: number; readonly limit: number },
): Promise<LogExport | null> {
  const { rows } = await db.query<StoredLogChain & (LinkedLogRow | { id: null })>({
    name: "read_log_export",
    text: TEXT,
    values: [chain, after, limit],
  });
  const [first] = rows;
  if (first === undefined) return null;
  return { chain: first, rows: rows.filter(isRow) };
}

/** A chain all of whose rows were dropped comes with a row of nulls. */
function isRow<T extends { id: number | null }>(row: T): row is T & LinkedLogRow {
  return row.id !== null;
}
