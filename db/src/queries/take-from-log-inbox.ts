import type { Queryable } from "../database.js";

/** A row as it was written, before it has a place in its chain. Hashes in lowercase hex, times in Unix seconds. */
export interface WrittenLogRow {
  id: number;
  chain: string;
  at: number;
  developer: string;
  slot: string | null;
  app: string | null;
  subject: string | null;
  method: string | null;
  endpoint: string | null;
  status: number | null;
  latencyMs: number | null;
  outcome: string;
  count: number;
  requestHash: string | null;
  nullifier: string | null;
  root: string | null;
}

// Taken by id, oldest first, and deleted in the same statement: what a transaction has taken no other one sees again,
// and what is not visible yet, although its id is lower, is taken by a later one.
const TEXT = `
  DELETE FROM call_log_inbox
   WHERE id IN (SELECT id FROM call_log_inbox WHERE $2::text IS NULL OR chain = $2 ORDER BY id LIMIT $1)
  RETURNING id, chain, created_at AS at, developer_id AS developer, slot_id AS slot, app_id AS app, subject, method,
            endpoint, status_code AS status, latency_ms AS "latencyMs", outcome, count,
            encode(request_hash, 'hex') AS "requestHash", encode(nullifier, 'hex') AS nullifier,
            encode(root, 'hex') AS root`;

/**
 * Takes the oldest rows out of the inbox, in the order of their ids. Only under the linker's lock: two who take at the
 * same time would wait for each other's rows and then find them gone.
 *
 * @param options.chain only this chain's.
 */
export async function takeFromLogInbox(
  tx: Queryable,
  { limit, chain }: { readonly limit: number; readonly chain?: string | undefined },
): Promise<WrittenLogRow[]> {
  const values = [limit, chain ?? null];
  const { rows } = await tx.query<WrittenLogRow>({ name: "take_from_log_inbox", text: TEXT, values });
  return rows.sort((a, b) => a.id - b.id);
}
