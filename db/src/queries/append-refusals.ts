import type { Queryable } from "../database.js";

/** Refusals of one kind, counted together: of calls of a slot, or of requests that named a developer. */
export interface CountedRefusals {
  /** The one or the other. */
  readonly slotId: string | null;
  readonly developerId: string | null;
  readonly outcome: string;
  readonly statusCode: number;
  readonly count: number;
}

// Whoever sends a request says whose it is: only slots and developers that are there get a row.
const TEXT = `
  INSERT INTO call_log_inbox (chain, developer_id, slot_id, status_code, outcome, count)
  SELECT coalesce('slot:' || s.id::text, 'developer:' || d.id), coalesce(s.developer_id, d.id), s.id, r."statusCode",
         r.outcome, r.count
    FROM jsonb_to_recordset($1::jsonb) AS r (
           "slotId" uuid, "developerId" text, "statusCode" integer, outcome text, count bigint)
    LEFT JOIN key_slots s ON s.id = r."slotId"
    LEFT JOIN developers d ON d.id = r."developerId"
   WHERE s.id IS NOT NULL OR d.id IS NOT NULL`;

/** Appends counted refusals to the log: one row each, of those that are of a slot or developer that exists. */
export async function appendRefusals(db: Queryable, refusals: readonly CountedRefusals[]): Promise<void> {
  await db.query({ text: TEXT, values: [JSON.stringify(refusals)] });
}
