import t from "tap";
import type { Database } from "@vaultproof/db/database";
import { dropOldLog, vacuumLogInbox } from "@vaultproof/db/log-retention";
import { monthStart } from "@vaultproof/db/maintenance";
import { appendCallLog } from "@vaultproof/db/queries/append-call-log";
import { databaseTime } from "@vaultproof/db/queries/database-time";
import { slotChain } from "@vaultproof/protocol/log-row";
import { verifyLog } from "@vaultproof/protocol/verify-log";
import { createLogSigner } from "@vaultproof/server/audit/log-signer";
import { signBase } from "@vaultproof/server/audit/sign-base";
import { forEachDatabase } from "../../helpers/databases.js";
import {
  appendCalls,
  linkingServer,
  loggedCall,
  readChain,
  tamper,
  type LinkingServer,
} from "../../helpers/log-stage.js";
import { storedSlot } from "../../helpers/stored-slot.js";

function drop(db: Database, { identity }: LinkingServer, months: number) {
  const signer = createLogSigner({ identity, oldIdentities: [] });
  return dropOldLog(db, { months, sign: (row) => signBase(signer, row) });
}

await forEachDatabase(t, "months of the log that are kept no longer", async (t, open) => {
  const [db, second] = [await open(), await open()];
  const now = Math.floor(await databaseTime(db));
  const server = linkingServer(db);
  const serverIdentity = server.identity.fingerprint;
  const [long, quiet, young] = [await storedSlot(db), await storedSlot(db), await storedSlot(db)];
  const months = [-4, -3, -2, -1, 0].map((offset) => monthStart(now, offset) + 1);
  const [oldest = 0] = months;
  await appendCallLog(db, [
    ...months.flatMap((createdAt) => [loggedCall(long, { createdAt }), loggedCall(long, { createdAt })]),
    loggedCall(quiet, { createdAt: oldest }),
    loggedCall(young),
  ]);
  while ((await server.link()) !== 0);
  const verify = async (slot: { id: string }) =>
    verifyLog({ head: undefined, ...(await readChain(db, slotChain(slot.id))), serverIdentity });

  t.same(await drop(db, server, 0), { dropped: [], postponed: [] }, "0 keeps all");
  t.same(
    (await drop(db, server, 2)).dropped.map((name) => Number(name.split("_").at(-1))),
    [monthStart(now, -4), monthStart(now, -3)],
  );
  t.same(await verify(long), { ok: true, rows: 6, from: 5, to: 10 });
  t.same(await verify(quiet), { ok: true, rows: 0, from: 2, to: 1 }, "a chain that is all gone");
  t.same(await verify(young), { ok: true, rows: 1, from: 1, to: 1 });
  t.same(await drop(db, server, 2), { dropped: [], postponed: [] });

  await t.test("leave a chain that goes on, also after a restart", async (t) => {
    const restarted = linkingServer(db, server);
    await appendCalls(db, quiet, ["/again"]);
    await appendCalls(db, long, ["/again"]);
    while ((await restarted.link()) !== 0);
    t.same(await verify(quiet), { ok: true, rows: 1, from: 2, to: 2 });
    t.same(await verify(long), { ok: true, rows: 7, from: 5, to: 11 });
    t.same(restarted.broken, []);
  });

  await t.test("are left while somebody reads them", async (t) => {
    if (db.kind === "pglite") return;
    await second.transaction(async (tx) => {
      await tx.query({ text: "SELECT count(*) FROM call_log" });
      t.equal((await drop(db, server, 1)).postponed.length, 1);
      t.match(await verify(long), { rows: 7 }, "with the base that is true of what is there");
    });
    t.equal((await drop(db, server, 1)).dropped.length, 1);
    t.same(await verify(long), { ok: true, rows: 5, from: 7, to: 11 });
  });

  await t.test("what was written long ago and linked only now goes with the next run", async (t) => {
    const late = await storedSlot(db);
    await appendCallLog(db, [loggedCall(late, { createdAt: oldest }), loggedCall(late)]);
    await server.link();
    t.match(await verify(late), { rows: 2 });
    await drop(db, server, 2);
    t.same(await verify(late), { ok: true, rows: 1, from: 2, to: 2 });
  });

  await t.test("a late row that is put among the old ones makes no base", async (t) => {
    for (const seq of [2, 3]) {
      const victim = await storedSlot(db);
      await appendCalls(db, victim, ["/1", "/2", "/3"]);
      while ((await server.link()) !== 0);
      t.same(await verify(victim), { ok: true, rows: 3, from: 1, to: 3 });
      await appendCallLog(db, [loggedCall(await storedSlot(db), { createdAt: oldest })]);
      await server.link();
      // Its true hash, and the rows up to it gone as if they were kept no longer.
      await tamper(
        db,
        `UPDATE call_log SET created_at = ${oldest} WHERE slot_id = '${victim.id}' AND seq = ${seq}`,
        `DELETE FROM call_log WHERE slot_id = '${victim.id}' AND seq < ${seq}`,
      );
      await drop(db, server, 2);
      t.match(await verify(victim), { ok: false, seq: 1 }, "what is missing is found");
    }
  });

  await t.test("a row that claims a place beyond the head makes no base", async (t) => {
    const victim = await storedSlot(db);
    await appendCallLog(db, [loggedCall(victim, { createdAt: oldest }), loggedCall(victim)]);
    await server.link();
    await db.execute(
      `INSERT INTO call_log SELECT (jsonb_populate_record(l, '{"seq": 99}')).* FROM call_log l
        WHERE l.slot_id = '${victim.id}' AND l.seq = 1`,
    );
    await drop(db, server, 2);
    t.match(await verify(victim), { ok: false, seq: 1, problem: "truncated-beginning" });
  });
});

await forEachDatabase(t, "the inbox is small again once its rows are linked", async (t, open) => {
  const db = await open();
  if (db.kind === "postgres") return;
  const slot = await storedSlot(db);
  const server = linkingServer(db);
  await appendCalls(
    db,
    slot,
    Array.from({ length: 2000 }, (_, i) => `/${i}`),
  );
  while ((await server.link()) !== 0);
  const pages = async () =>
    (await db.query<{ bytes: number }>({ text: "SELECT pg_relation_size('call_log_inbox') AS bytes" }))
      .rows[0]?.bytes;
  t.not(await pages(), 0);
  await vacuumLogInbox(db);
  t.equal(await pages(), 0);
});
