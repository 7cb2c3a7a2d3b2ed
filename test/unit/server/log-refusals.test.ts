import { randomUUID } from "node:crypto";
import type { Database } from "@vaultproof/db/database";
import { createRefusalCounter } from "@vaultproof/server/audit/refusal-counter";
import { ServerError, type LogReason } from "@vaultproof/server/errors";
import t from "tap";
import { answerOf, setCallStage } from "../../helpers/call-stage.js";
import { onAnyDatabase } from "../../helpers/databases.js";
import { linkingServer } from "../../helpers/log-stage.js";
import { makeDeveloper, plainRequest, signAsDeveloper } from "../../helpers/signed-requests.js";
import { storedSlot } from "../../helpers/stored-slot.js";
import { openTestApp } from "../../helpers/test-app.js";

async function refusals(db: Database) {
  const { rows } = await db.query<{ chain: string; outcome: string; count: number; status: number }>({
    text: `SELECT chain, outcome, count, status_code AS status FROM call_log
            WHERE method IS NULL ORDER BY chain, outcome`,
  });
  return rows;
}

void t.test("calls that prove nothing are counted by their reason, and told nothing of it", async (t) => {
  const stage = await setCallStage(t);
  const proved = await stage.makeCall();
  await (await stage.send(proved)).text();
  const bodies = new Set<string>();
  const refuse = async (call: Record<string, unknown>): Promise<void> => {
    const { status, body } = await answerOf(await stage.send(call));
    bodies.add(JSON.stringify({ status, body }));
  };
  await refuse({ ...(await stage.makeCall()), zkProof: "no proof" });
  await refuse({ ...(await stage.makeCall()), nullifier: "ff".repeat(32) });
  await refuse({ ...(await stage.makeCall()), appId: "other" });
  await refuse({ ...(await stage.makeCall()), expiresAt: 1 });
  for (const keySlotId of [randomUUID(), randomUUID(), "no slot"]) {
    await refuse({ ...(await stage.makeCall()), keySlotId });
  }
  const answer = JSON.stringify({
    status: 403,
    body: { error: "Invalid ZK proof", reason: "Proof verification failed" },
  });
  t.same([...bodies], [answer], "one answer for all");
  t.equal((await answerOf(await stage.send(proved))).status, 403);
  await stage.app.close();
  const chain = `slot:${stage.slotId}`;
  t.same(await refusals(stage.db), [
    { chain, outcome: "app not granted", count: 1, status: 403 },
    { chain, outcome: "expired", count: 1, status: 403 },
    { chain, outcome: "malformed", count: 2, status: 403 },
    { chain, outcome: "replay", count: 1, status: 403 },
  ]);
});

void t.test(
  "a call that is refused although it is proved has one row, however often it is sent",
  async (t) => {
    const stage = await setCallStage(t, { grantRestrictions: { methods: ["POST"] } });
    const repeated = await stage.makeCall();
    for (const call of [repeated, repeated, repeated, await stage.makeCall(), repeated]) {
      t.match(await answerOf(await stage.send(call)), { status: 403, body: { error: "App not authorized" } });
    }
    await stage.app.close();
    const { rows } = await stage.db.query({
      text: "SELECT method, outcome, status_code AS status, count FROM call_log ORDER BY method, seq",
    });
    const refused = { outcome: "appNotAuthorized", status: 403 };
    t.same(rows, [
      { method: "GET", ...refused, count: 1 },
      { method: "GET", ...refused, count: 1 },
      { method: null, ...refused, count: 3 },
    ]);
  },
);

await onAnyDatabase(t, "a flood of refusals", async (t, open) => {
  const db = await open();
  const [slot, other] = [await storedSlot(db), await storedSlot(db)];
  const errors: unknown[] = [];
  let written = 0;
  const options = { db, onWritten: () => written++, onError: (error: unknown) => errors.push(error) };
  const counter = createRefusalCounter({ ...options, maxKinds: 100 });
  t.teardown(() => counter.close());
  const refuse = (slotId: string, logReason: LogReason) =>
    counter
      .counting(slotId, () => Promise.reject(new ServerError("invalidProof", { logReason })))
      .catch(() => undefined);
  await refuse(other.id, "proof");
  for (let i = 0; i < 100_000; i++) {
    await refuse(i % 2 === 0 ? slot.id : randomUUID(), i % 4 === 0 ? "proof" : "malformed");
  }
  await counter.flush();
  await linkingServer(db).link();
  const rows = await refusals(db);
  t.equal(rows.length, 3, "a row for each slot that exists and each reason");
  t.match(
    rows.filter(({ chain }) => chain === `slot:${slot.id}`),
    [
      { outcome: "malformed", count: 25_000 },
      { outcome: "proof", count: 25_000 },
    ],
  );
  t.match(
    rows.filter(({ chain }) => chain === `slot:${other.id}`),
    [{ outcome: "proof", count: 1 }],
    "made-up slots push nobody out",
  );
  t.equal(written, 1);

  await t.test("waits where the database is away", async (t) => {
    await db.execute("ALTER TABLE call_log_inbox RENAME TO away");
    await refuse(slot.id, "busy");
    await counter.flush();
    t.equal(errors.length, 1);
    await db.execute("ALTER TABLE away RENAME TO call_log_inbox");
    await refuse(slot.id, "busy");
    await counter.flush();
    await linkingServer(db).link();
    const busy = (await refusals(db)).filter(({ outcome }) => outcome === "busy");
    t.match(busy, [{ count: 2 }]);
  });
});

await onAnyDatabase(t, "requests in a developer's name that the developer did not sign", async (t, open) => {
  const db = await open();
  const server = await openTestApp(t, db);
  const developer = await server.registered();
  const nobody = makeDeveloper();
  for (const named of [developer, developer, nobody]) {
    const forger = { ...named, identity: makeDeveloper().identity };
    const request = plainRequest("POST", `/api/v1/keys/revoke/${randomUUID()}`, {});
    const signed = await signAsDeveloper(request, {
      developer: forger,
      server: server.identity.fingerprint,
    });
    t.equal((await server.sendThroughEdge(signed)).status, 401);
  }
  await server.app.close();
  t.match(await refusals(db), [
    { chain: `developer:${developer.keyid}`, outcome: "unauthorized", count: 2, status: 401 },
  ]);
});
