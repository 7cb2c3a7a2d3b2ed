import { randomBytes } from "node:crypto";
import t from "tap";
import { appendCallLog } from "@vaultproof/db/queries/append-call-log";
import { forEachDatabase } from "../../helpers/databases.js";
import { linkingServer, loggedCall } from "../../helpers/log-stage.js";
import { storedSlot } from "../../helpers/stored-slot.js";

await forEachDatabase(t, "the call log", async (t, open) => {
  const db = await open();
  const slot = await storedSlot(db);
  const requestHash = randomBytes(32);
  const subject = "user-7";
  const refused = {
    statusCode: 403,
    outcome: "replay",
    requestHash: undefined,
    nullifier: undefined,
    root: undefined,
  };
  await appendCallLog(db, [loggedCall(slot, { requestHash, subject }), loggedCall(slot, refused)]);
  const elsewhere = loggedCall({ ...slot, id: "not a uuid" });
  await t.rejects(appendCallLog(db, [loggedCall(slot), elsewhere]), "all of them or none");
  const foreign = loggedCall(slot, { chain: `slot:${(await storedSlot(db)).id}` });
  await t.rejects(appendCallLog(db, [foreign]), /call_log_chain/, "a slot's call in another slot's chain");
  await appendCallLog(db, []);
  await t.rejects(
    db.transaction(async (tx) => {
      await appendCallLog(tx, [loggedCall(slot)]);
      throw new Error("the change failed");
    }),
  );
  t.equal(await linkingServer(db).link(), 2, "what was rolled back was never there");

  const { rows } = await db.query<Record<string, unknown> & { hash: Uint8Array }>({
    text: `SELECT status_code AS status, latency_ms AS latency, outcome, subject, request_hash AS hash, nullifier,
                  created_at BETWEEN unix_now() - 60 AND unix_now() AS now
             FROM call_log WHERE slot_id = $1 ORDER BY seq`,
    values: [slot.id],
  });
  t.match(rows, [
    { status: 200, latency: 13, outcome: "answered", subject, now: true },
    { status: 403, latency: 13, outcome: "replay", subject: null, hash: null, nullifier: null, now: true },
  ]);
  t.same(Buffer.from(rows[0]?.hash ?? []), requestHash);

  for (const statement of ["UPDATE call_log SET outcome = ''", "DELETE FROM call_log", "TRUNCATE call_log"]) {
    await t.rejects(db.execute(statement), /append-only/, statement);
  }
});
