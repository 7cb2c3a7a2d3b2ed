import type { Queryable } from "../database.js";

/** A row of the log as its developer sees it in a list. Times in Unix seconds. */
export interface ListedLogRow {
  id: number;
  seq: number;
  keySlotId: string | null;
  appId: string | null;
  subject: string | null;
  endpoint: string | null;
  method: string | null;
  statusCode: number | null;
  latencyMs: number | null;
  outcome: string;
  count: number;
  createdAt: number;
}

/** A page of a chain, newest rows first, and how many rows the chain has. */
export interface LogPage {
  readonly total: number;
  readonly logs: ListedLogRow[];
}

const TEXT = `
  SELECT c.head_seq - c.base_seq AS total, r.id, r.seq, r.slot_id AS "keySlotId", r.app_id AS "appId", r.subject,
         r.endpoint, r.method, r.status_code AS "statusCode", r.latency_ms AS "latencyMs", r.outcome, r.count,
         r.created_at AS "createdAt"
    FROM log_chains c
    LEFT JOIN LATERAL (
         SELECT * FROM call_log l
          WHERE l.chain = c.chain AND l.seq <= c.head_seq - $2::bigint AND l.seq > c.head_seq - $2::bigint - $3::bigint
          ORDER BY l.seq DESC LIMIT $3::bigint) r ON true
   WHERE c.chain = $1
   ORDER BY r.seq DESC`;

/**
 * Lists a page of a chain. It is found by the rows' numbers, so that a late page costs what the first one does.
 *
 * @param request.page from 1.
 */
export async function listLogRows(
  db: Queryable,
  { chain, page, limit }: { readonly chain: string; readonly page: number; readonly limit: number },
): Promise<LogPage> {
  const { rows } = await db.query<{ total: number } & (ListedLogRow | { id: null })>({
    name: "list_log_rows",
    text: TEXT,
    values: [chain, (page - 1) * limit, limit],
  });
  return { total: rows[0]?.total ?? 0, logs: rows.filter(isRow) };
}

/** A chain whose rows are all on other pages comes with a row of nulls. */
function isRow<T extends { id: number | null }>(row: T): row is T & ListedLogRow {
  return row.id !== null;
}
