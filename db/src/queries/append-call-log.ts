import type { Queryable } from "../database.js";

/** What is kept of a call: never a body, a share, a proof or a key. Hash and nullifier are 32 bytes. */
export interface CallLogEntry {
  readonly slotId: string;
  readonly developerId: string;
  readonly appId: string;
  readonly method: string;
  readonly endpoint: string;
  readonly statusCode: number;
  readonly latencyMs: number;
  readonly outcome: string;
  readonly requestHash?: Uint8Array;
  readonly nullifier?: Uint8Array;
  /** Unix seconds; the database's clock unless told. */
  readonly createdAt?: number;
}

const TEXT = `
  INSERT INTO call_log (slot_id, developer_id, app_id, method, endpoint, status_code, latency_ms, outcome,
                        request_hash, nullifier, created_at)
  SELECT e.slot_id, e.developer_id, e.app_id, e.method, e.endpoint, e.status_code, e.latency_ms, e.outcome,
         decode(e.request_hash, 'hex'), decode(e.nullifier, 'hex'), coalesce(e.created_at, unix_now())
    FROM ROWS FROM (jsonb_to_recordset($1::jsonb) AS (
           slot_id uuid, developer_id text, app_id text, method text, endpoint text, status_code integer,
           latency_ms integer, outcome text, request_hash text, nullifier text, created_at bigint))
         WITH ORDINALITY AS e (slot_id, developer_id, app_id, method, endpoint, status_code, latency_ms, outcome,
                               request_hash, nullifier, created_at, place)
   ORDER BY e.place`;

/** Appends calls of known slots to the log, in their order: all of them or, where it throws, none. */
export async function appendCallLog(db: Queryable, entries: readonly CallLogEntry[]): Promise<void> {
  await db.query({ name: "append_call_log", text: TEXT, values: [JSON.stringify(entries.map(toJson))] });
}

function toJson(entry: CallLogEntry): Record<string, string | number | null> {
  return {
    slot_id: entry.slotId,
    developer_id: entry.developerId,
    app_id: entry.appId,
    method: entry.method,
    endpoint: entry.endpoint,
    status_code: entry.statusCode,
    latency_ms: Math.round(entry.latencyMs),
    outcome: entry.outcome,
    request_hash: hex(entry.requestHash),
    nullifier: hex(entry.nullifier),
    created_at: entry.createdAt ?? null,
  };
}

function hex(bytes: Uint8Array | undefined): string | null {
  if (bytes === undefined) return null;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
