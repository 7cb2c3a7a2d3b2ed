import type { Queryable } from "../database.js";

/** What is kept of a call or of a management act: never a body, a share, a proof or a key. Hashes are 32 bytes. */
export interface CallLogEntry {
  /** `slot:<slotId>` for calls, `developer:<developerId>` for what is managed. */
  readonly chain: string;
  readonly developerId: string;
  readonly slotId?: string | null | undefined;
  readonly appId?: string | null | undefined;
  /** The end user of a call. */
  readonly subject?: string | null | undefined;
  readonly method: string;
  readonly endpoint: string;
  readonly statusCode: number;
  readonly latencyMs: number;
  readonly outcome: string;
  readonly requestHash?: Uint8Array | undefined;
  readonly nullifier?: Uint8Array | undefined;
  /** The root of the slot's apps that the call was judged by. */
  readonly root?: Uint8Array | undefined;
  /** Unix seconds; the database's clock unless told. */
  readonly createdAt?: number | undefined;
}

const TEXT = `
  INSERT INTO call_log_inbox (chain, slot_id, developer_id, app_id, subject, method, endpoint, status_code, latency_ms,
                              outcome, request_hash, nullifier, root, created_at)
  SELECT e.chain, e.slot_id, e.developer_id, e.app_id, e.subject, e.method, e.endpoint, e.status_code, e.latency_ms,
         e.outcome, decode(e.request_hash, 'hex'), decode(e.nullifier, 'hex'), decode(e.root, 'hex'),
         coalesce(e.created_at, unix_now())
    FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (
           chain text, slot_id uuid, developer_id text, app_id text, subject text, method text, endpoint text,
           status_code integer, latency_ms integer, outcome text, request_hash text, nullifier text, root text,
           created_at bigint))
         WITH ORDINALITY AS e (chain, slot_id, developer_id, app_id, subject, method, endpoint, status_code,
                               latency_ms, outcome, request_hash, nullifier, root, created_at, place)
   ORDER BY e.place`;

/**
 * Appends to the log, in this order: all of the entries or, where it throws, none. In a transaction they are there if it
 * commits. They get their places in their chains when the inbox is linked.
 */
export async function appendCallLog(db: Queryable, entries: readonly CallLogEntry[]): Promise<void> {
  await db.query({ name: "append_call_log", text: TEXT, values: [JSON.stringify(entries.map(toJson))] });
}

function toJson(entry: CallLogEntry): Record<string, string | number | null> {
  return {
    chain: entry.chain,
    slot_id: entry.slotId ?? null,
    developer_id: entry.developerId,
    app_id: entry.appId ?? null,
    subject: entry.subject ?? null,
    method: entry.method,
    endpoint: entry.endpoint,
    status_code: entry.statusCode,
    latency_ms: Math.round(entry.latencyMs),
    outcome: entry.outcome,
    request_hash: hex(entry.requestHash),
    nullifier: hex(entry.nullifier),
    root: hex(entry.root),
    created_at: entry.createdAt ?? null,
  };
}

function hex(bytes: Uint8Array | undefined): string | null {
  if (bytes === undefined) return null;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
