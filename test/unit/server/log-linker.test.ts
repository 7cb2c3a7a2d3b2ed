import { randomBytes } from "node:crypto";
import { once, EventEmitter } from "node:events";
import t from "tap";
import type { Database } from "@vaultproof/db/database";
import { appendCallLog } from "@vaultproof/db/queries/append-call-log";
import { lockLogLinker } from "@vaultproof/db/queries/lock-log-linker";
import { takeFromLogInbox } from "@vaultproof/db/queries/take-from-log-inbox";
import { checkLogPoint } from "@vaultproof/protocol/log-head";
import {
  developerChain,
  logRowHash,
  NO_ROW_HASH,
  slotChain,
  type LogRow,
} from "@vaultproof/protocol/log-row";
import { verifyEd25519 } from "@vaultproof/protocol/developer-key";
import { createLogLinker } from "@vaultproof/server/audit/log-linker";
import { createLogSigner } from "@vaultproof/server/audit/log-signer";
import { createServerIdentity } from "@vaultproof/server/keys/identity";
import { forEachDatabase } from "../../helpers/databases.js";
import { appendCalls, linkingServer, loggedCall, readChain } from "../../helpers/log-stage.js";
import { storedSlot } from "../../helpers/stored-slot.js";

/** Whether rows follow each other from the first one on, and their times do not go back. */
function follow(rows: readonly LogRow[]): boolean {
  return rows.every((row, i) => {
    const before = rows[i - 1];
    const prevHash = before?.hash ?? NO_ROW_HASH;
    const inOrder = row.seq === i + 1 && row.at >= (before?.at ?? 0);
    return inOrder && row.prevHash === prevHash && row.hash === logRowHash(prevHash, row);
  });
}

const endpoints = (rows: readonly LogRow[]): (string | null)[] => rows.map(({ endpoint }) => endpoint);

async function inboxCount(db: Database): Promise<number> {
  return (await db.query({ text: "SELECT 1 FROM call_log_inbox" })).rowCount;
}

await forEachDatabase(t, "rows get their places in order, a chain for each slot", async (t, open) => {
  const db = await open();
  const [one, other] = [await storedSlot(db), await storedSlot(db)];
  const server = linkingServer(db);
  t.equal(await server.link(), 0, "nothing is no error");
  await appendCalls(db, one, ["/1"]);
  await appendCalls(db, other, ["/other"]);
  await appendCalls(db, one, ["/2", "/3"]);
  t.equal(await server.link(), 4);
  await appendCalls(db, one, ["/4"]);
  t.equal(await server.link(), 1);

  const { rows, head } = await readChain(db, slotChain(one.id));
  t.same(endpoints(rows), ["/1", "/2", "/3", "/4"]);
  t.ok(follow(rows));
  t.match(head, { chain: slotChain(one.id), seq: 4, hash: rows[3]?.hash, at: rows[3]?.at });
  const trusted = { identities: [server.identity.fingerprint], verify: verifyEd25519 };
  t.equal(head && checkLogPoint("head", head, trusted), "holds");
  t.same(endpoints((await readChain(db, slotChain(other.id))).rows), ["/other"]);
  t.same(server.broken, []);
});

await forEachDatabase(t, "a row's time is never before the one that it follows", async (t, open) => {
  const db = await open();
  const slot = await storedSlot(db);
  const server = linkingServer(db);
  const { rows: times } = await db.query<{ now: number }>({ text: "SELECT unix_now() AS now" });
  const now = times[0]?.now ?? 0;
  const old = now - 400 * 86_400;
  const ahead = now + 70 * 86_400;
  await appendCallLog(
    db,
    [now, old, ahead, now].map((createdAt) => loggedCall(slot, { createdAt })),
  );
  t.equal(await server.link(), 4, "months without a partition get one");
  const { rows } = await readChain(db, slotChain(slot.id));
  t.same(
    rows.map(({ at }) => at),
    [now, now, ahead, ahead],
  );
  const past = await storedSlot(db);
  await appendCallLog(db, [loggedCall(past, { createdAt: old })]);
  await server.link();
  t.same(
    (await readChain(db, slotChain(past.id))).rows.map(({ at }) => at),
    [old],
  );
});

await forEachDatabase(
  t,
  "servers link beside each other: nothing is lost or linked twice",
  async (t, open) => {
    const [db, second] = [await open(), await open()];
    const slots = await Promise.all([storedSlot(db), storedSlot(db), storedSlot(db)]);
    const identity = createServerIdentity(randomBytes(32));
    const servers = [linkingServer(db, { identity }), linkingServer(second, { identity })];
    const writes: Promise<void>[] = [];
    for (let i = 0; i < 120; i++) {
      const slot = slots[i % slots.length] ?? slots[0];
      writes.push(appendCalls(i % 2 === 0 ? db : second, slot, [`/${i}`, `/${i}/again`]));
      if (i % 10 === 0) for (const server of servers) writes.push(server.link({ wait: i % 20 === 0 }).then());
    }
    await Promise.all(writes);
    for (const server of servers) await server.link();
    t.equal(await inboxCount(db), 0);
    const chains = await Promise.all(slots.map(({ id }) => readChain(db, slotChain(id))));
    for (const { rows, head } of chains) {
      t.ok(follow(rows));
      t.match(head, { seq: rows.length, hash: rows.at(-1)?.hash });
    }
    const linked = chains.flatMap(({ rows }) => endpoints(rows));
    t.equal(linked.length, 240);
    t.equal(new Set(linked).size, 240);
    t.same(
      servers.flatMap(({ broken }) => broken),
      [],
    );
  },
);

await forEachDatabase(
  t,
  "only one links at a time, and one that waits goes on from there",
  async (t, open) => {
    const [db, second] = [await open(), await open()];
    if (db.kind === "pglite") return;
    const slot = await storedSlot(db);
    const identity = createServerIdentity(randomBytes(32));
    const server = linkingServer(second, { identity });
    await appendCalls(db, slot, ["/1"]);
    const events = new EventEmitter();
    const released = once(events, "release");
    const dying = db.transaction(async (tx) => {
      await lockLogLinker(tx, { wait: true });
      t.equal((await takeFromLogInbox(tx, { limit: 10 })).length, 1);
      events.emit("taken");
      await released;
      throw new Error("killed between taking and linking");
    });
    await once(events, "taken");
    t.equal(await server.link({ wait: false }), null, "another one is at it");
    const waiting = server.link({ wait: true });
    events.emit("release");
    await t.rejects(dying, /killed/);
    t.equal(await waiting, 1, "what the dead one had taken is there again");
    t.same(endpoints((await readChain(db, slotChain(slot.id))).rows), ["/1"]);
  },
);

await forEachDatabase(t, "a row that becomes visible late is linked late", async (t, open) => {
  const [db, second] = [await open(), await open()];
  if (db.kind === "pglite") return;
  const slot = await storedSlot(db);
  const server = linkingServer(db);
  await second.transaction(async (tx) => {
    await appendCallLog(tx, [loggedCall(slot, { endpoint: "/late" })]);
    await appendCalls(db, slot, ["/early"]);
    t.equal(await server.link(), 1);
  });
  t.equal(await server.link(), 1);
  const { rows } = await readChain(db, slotChain(slot.id));
  t.same(endpoints(rows), ["/early", "/late"]);
  t.ok(follow(rows));
  const { rows: ids } = await db.query<{ id: number }>({ text: "SELECT id FROM call_log ORDER BY seq" });
  t.ok((ids[0]?.id ?? 0) > (ids[1]?.id ?? 0), "by its id it had come first");
});

await forEachDatabase(t, "the linker of a process", async (t, open) => {
  const db = await open();
  const slot = await storedSlot(db);
  const other = await storedSlot(db);
  const errors: unknown[] = [];
  const linker = createLogLinker({
    db,
    signer: createLogSigner({ identity: createServerIdentity(randomBytes(32)), oldIdentities: [] }),
    onBroken: () => errors.push("broken"),
    onError: (error) => errors.push(error),
  });
  await appendCalls(db, other, ["/other"]);
  const many = Array.from({ length: 600 }, (_, i) => `/${i}`);
  await appendCalls(db, slot, many);
  await linker.link(slotChain(slot.id));
  t.equal(await inboxCount(db), 1, "who reads a chain waits for that one only");
  t.same(endpoints((await readChain(db, slotChain(slot.id))).rows), many);
  const act = { chain: developerChain(slot.developerId), outcome: "granted" };
  await appendCallLog(db, [loggedCall(slot, act)]);
  linker.nudge();
  await linker.close();
  t.equal(await inboxCount(db), 0, "what is left is linked at the end");
  t.match((await readChain(db, act.chain)).rows, [{ seq: 1, outcome: "granted", slot: slot.id }]);
  t.same(errors, []);
});
