import { randomBytes } from "node:crypto";
import t from "tap";
import { appendCallLog } from "@vaultproof/db/queries/append-call-log";
import { forEachDatabase } from "../../helpers/databases.js";
import { storedSlot } from "../../helpers/stored-slot.js";

await forEachDatabase(t, "the call log", async (t, open) => {
  const db = await open();
  const slot = await storedSlot(db);
  const entry = {
    slotId: slot.id,
    developerId: slot.developerId,
    appId: "my-app",
    method: "POST",
    endpoint: "/v1/chat/completions",
    statusCode: 200,
    latencyMs: 12.6,
    outcome: "forwarded",
  };
  const requestHash = randomBytes(32);
  const refused = { ...entry, statusCode: 403, outcome: "replay" };
  await appendCallLog(db, [{ ...entry, requestHash, nullifier: randomBytes(32) }, refused]);
  const elsewhere = { ...entry, slotId: "not a uuid" };
  await t.rejects(appendCallLog(db, [entry, elsewhere]), "all of them or none");
  await appendCallLog(db, []);

  const { rows } = await db.query<Record<string, unknown> & { hash: Uint8Array }>({
    text: `SELECT status_code AS status, latency_ms AS latency, outcome, request_hash AS hash, nullifier,
                  created_at BETWEEN unix_now() - 60 AND unix_now() AS now
             FROM call_log WHERE slot_id = $1 ORDER BY id`,
    values: [slot.id],
  });
  t.match(rows, [
    { status: 200, latency: 13, outcome: "forwarded", now: true },
    { status: 403, latency: 13, outcome: "replay", hash: null, nullifier: null, now: true },
  ]);
  t.same(Buffer.from(rows[0]?.hash ?? []), requestHash);

  for (const statement of ["UPDATE call_log SET outcome = ''", "DELETE FROM call_log", "TRUNCATE call_log"]) {
    await t.rejects(db.execute(statement), /append-only/, statement);
  }
});
