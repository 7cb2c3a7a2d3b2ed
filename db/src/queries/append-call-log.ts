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
  VALUES ($1::uuid, $2, $3, $4, $5, $6::integer, $7::integer, $8, $9::bytea, $10::bytea,
          coalesce($11::bigint, unix_now()))`;

/** Appends a call of a known slot to the log. */
export async function appendCallLog(db: Queryable, entry: CallLogEntry): Promise<void> {
  await db.query({
    name: "append_call_log",
    text: TEXT,
    values: [
      entry.slotId,
      entry.developerId,
      entry.appId,
      entry.method,
      entry.endpoint,
      entry.statusCode,
      Math.round(entry.latencyMs),
      entry.outcome,
      entry.requestHash ?? null,
      entry.nullifier ?? null,
      entry.createdAt ?? null,
    ],
  });
}
