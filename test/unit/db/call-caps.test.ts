import { randomBytes } from "node:crypto";
import t from "tap";
import type { Database, Queryable } from "@vaultproof/db/database";
import { burnNullifier, type BurnResult, type CountedCap } from "@vaultproof/db/queries/burn-nullifier";
import { putGrant } from "@vaultproof/db/queries/put-grant";
import { revokeGrant } from "@vaultproof/db/queries/revoke-grant";
import type { NewKeySlot } from "@vaultproof/db/queries/store-key-slot";
import { forEachDatabase } from "../../helpers/databases.js";
import { burnRequest, capOf, storedSlot } from "../../helpers/stored-slot.js";

const APP = { app: "my-app" };
const SUBJECT = { app: "my-app", subject: "alice" };

async function burn(
  db: Database,
  slot: NewKeySlot,
  caps: readonly CountedCap[],
  grantVersion = 1,
): Promise<BurnResult> {
  return await burnNullifier(db, await burnRequest(db, slot, { caps, grantVersion }));
}

/** What is counted, by app, subject and window; of windows that ended meanwhile the sum. */
async function countsOf(db: Queryable, slotId: string): Promise<Record<string, number>> {
  const { rows } = await db.query<{ counter: string; count: number }>({
    text: `SELECT concat_ws('/', app_id, subject,
                    CASE window_seconds WHEN 60 THEN 'minute' WHEN 86400 THEN 'day' ELSE 'month' END) AS counter,
                  sum(count)::bigint AS count
             FROM call_counts WHERE slot_id = $1::uuid GROUP BY 1`,
    values: [slotId],
  });
  return Object.fromEntries(rows.map(({ counter, count }) => [counter, count]));
}

await forEachDatabase(t, "several caps", async (t, open) => {
  const db = await open();

  await t.test("each call counts in all of them, and the fullest is told", async (t) => {
    const slot = await storedSlot(db);
    // In no order: the query puts them into the one in which they are locked.
    const caps = [
      capOf("month", 100, SUBJECT),
      capOf("day", 50, APP),
      capOf("month", 8),
      capOf("day", 5, SUBJECT),
    ];
    for (let used = 1; used <= 5; used++) {
      const result = await burn(db, slot, caps);
      t.match(result, { outcome: "burnt", fullest: { cap: capOf("day", 5, SUBJECT), used } });
    }
    const counts = { "my-app/alice/month": 5, "my-app//day": 5, "//month": 5, "my-app/alice/day": 5 };
    t.same(await countsOf(db, slot.id), counts);

    const limited = await burnRequest(db, slot, { caps });
    t.match(await burnNullifier(db, limited), {
      outcome: "limited",
      reached: { cap: capOf("day", 5, SUBJECT), used: 5 },
    });
    t.same(await countsOf(db, slot.id), counts, "a call that one cap refuses counts in none");
    t.same(await burnNullifier(db, { ...limited, caps: [] }), { outcome: "replay" }, "but it is burnt");

    const bob = [capOf("month", 8), capOf("day", 5, { app: "my-app", subject: "bob" })];
    t.match(await burn(db, slot, bob), { outcome: "burnt", fullest: { cap: capOf("month", 8), used: 6 } });
    t.match(await countsOf(db, slot.id), { "//month": 6, "my-app/alice/day": 5, "my-app/bob/day": 1 });
  });

  await t.test("of several that are reached, the one that opens last is told", async (t) => {
    const slot = await storedSlot(db);
    const caps = [capOf("day", 1), capOf("month", 1, APP), capOf("minute", 1, SUBJECT)];
    t.equal((await burn(db, slot, caps)).outcome, "burnt");
    t.match(await burn(db, slot, caps), {
      outcome: "limited",
      reached: { cap: { window: "month" }, used: 1 },
    });
  });

  await t.test("replays and what is no longer active cost nothing", async (t) => {
    const slot = await storedSlot(db);
    const caps = [capOf("day", 10), capOf("day", 10, APP)];
    const call = await burnRequest(db, slot, { caps });
    t.equal((await burnNullifier(db, call)).outcome, "burnt");
    for (let i = 0; i < 20; i++) t.equal((await burnNullifier(db, call)).outcome, "replay");
    for (let i = 0; i < 20; i++) t.equal((await burn(db, slot, caps, 2)).outcome, "inactive");
    t.same(await countsOf(db, slot.id), { "//day": 1, "my-app//day": 1 });
  });

  await t.test("an app that is granted anew, or revoked and granted, goes on where it was", async (t) => {
    const slot = await storedSlot(db);
    const caps = [capOf("month", 2, APP)];
    const grant = { slotId: slot.id, appId: "my-app" };
    const grantAnew = () => db.transaction((tx) => putGrant(tx, { ...grant, leaf: randomBytes(32) }));
    t.equal((await burn(db, slot, caps)).outcome, "burnt");
    await grantAnew();
    t.equal((await burn(db, slot, caps, 2)).outcome, "burnt");
    await db.transaction((tx) => revokeGrant(tx, grant));
    await grantAnew();
    t.equal((await burn(db, slot, caps, 3)).outcome, "limited");
    t.match(await burn(db, slot, [capOf("month", 3, APP)], 3), { outcome: "burnt", fullest: { used: 3 } });
    t.match(
      await burn(db, slot, caps, 3),
      { outcome: "limited", reached: { cap: { limit: 2 }, used: 3 } },
      "a cap that was lowered under what is used",
    );
  });

  await t.test("the largest do not overflow", async (t) => {
    const slot = await storedSlot(db);
    const caps = [capOf("day", 1e9), capOf("month", 1e9, APP)];
    await burn(db, slot, caps);
    await db.query({
      text: "UPDATE call_counts SET count = 999999999 WHERE slot_id = $1",
      values: [slot.id],
    });
    t.match(await burn(db, slot, caps), { outcome: "burnt", fullest: { used: 1e9 } });
    t.match(await burn(db, slot, caps), { outcome: "limited", reached: { used: 1e9 } });
  });

  await t.test("subjects of strange characters are counted apart", async (t) => {
    const slot = await storedSlot(db);
    const subjects = [`"`, "\\", "'; --", "ä", "\u{1f511}", "{}", "null", "a".repeat(256), " ", "A", "a"];
    for (const subject of subjects) {
      const caps = [capOf("day", 1, { app: "my-app", subject })];
      t.equal((await burn(db, slot, caps)).outcome, "burnt", subject);
      t.equal((await burn(db, slot, caps)).outcome, "limited", subject);
    }
  });

  await t.test("are refused by the function out of order, twice, or of nothing", async (t) => {
    const slot = await storedSlot(db);
    const wrong = [
      [capOf("day", 1, APP), capOf("day", 1)],
      [capOf("day", 1), capOf("minute", 1)],
      [capOf("day", 1), capOf("day", 2)],
      [capOf("day", 0)],
      [{ ...capOf("day", 1), window: "week" }],
    ];
    for (const caps of wrong) {
      const text = "SELECT * FROM count_call($1::uuid, $2::jsonb, 0)";
      await t.rejects(db.query({ text, values: [slot.id, JSON.stringify(caps)] }), JSON.stringify(caps));
    }
    t.same(await countsOf(db, slot.id), {});
  });
});

await forEachDatabase(t, "caps under concurrency", async (t, open) => {
  const servers = [await open(), await open()] as const;
  const [db] = servers;

  await t.test("a cap of 100 admits exactly 100 of 1,000 calls by 32 workers", async (t) => {
    const slot = await storedSlot(db);
    // The month of the slot would admit them all; it must not count those that the app's day refuses.
    const caps = [capOf("month", 1000), capOf("day", 100, APP)];
    const template = await burnRequest(db, slot, { caps });
    const waiting = Array.from({ length: 1000 }, () => ({ ...template, nullifier: randomBytes(32) }));
    const outcomes: string[] = [];
    const worker = async (server: Database): Promise<void> => {
      for (let call = waiting.pop(); call !== undefined; call = waiting.pop()) {
        outcomes.push((await burnNullifier(server, call)).outcome);
      }
    };
    await Promise.all(Array.from({ length: 32 }, (_, i) => worker(servers[i % 2] ?? db)));
    const burnt = outcomes.filter((outcome) => outcome === "burnt").length;
    t.equal(outcomes.filter((outcome) => outcome === "limited").length, 1000 - burnt);
    const { rows } = await db.query<{ count: number }>({
      text: "SELECT count FROM call_counts WHERE slot_id = $1 AND window_seconds = 86400",
      values: [slot.id],
    });
    // A day may end meanwhile; each on its own is exact.
    t.same(
      rows.map(({ count }) => count),
      rows.length === 1 ? [100] : [100, burnt - 100],
    );
    t.same(await countsOf(db, slot.id), { "//month": burnt, "my-app//day": burnt });
  });

  await t.test("calls under different caps do not lock each other up", async (t) => {
    const slot = await storedSlot(db);
    const counters = [{}, APP, SUBJECT, { subject: "alice" }];
    const all = counters.flatMap((of) => [capOf("minute", 1e6, of), capOf("day", 1e6, of)]);
    const calls = Array.from({ length: 200 }, (_, i) =>
      all.filter((_, place) => (i >> (place % 8)) % 2 === 0),
    );
    const outcomes = await Promise.all(
      calls.map(async (caps, i) => (await burn(servers[i % 2] ?? db, slot, caps.reverse())).outcome),
    );
    t.ok(outcomes.every((outcome) => outcome === "burnt"));
  });

  await t.test("a cap that is reached while a call waits for it takes back what was counted", async (t) => {
    if (db.kind === "pglite") {
      t.pass("PGlite has one connection: no call is ever beside another");
      return;
    }
    const slot = await storedSlot(db);
    const caps = [capOf("day", 50), capOf("day", 1, APP)];
    await burn(db, slot, [capOf("day", 50)]);
    const other = await servers[1].transaction(async (tx) => {
      const text = "SELECT * FROM count_call($1::uuid, $2::jsonb, unix_now())";
      await tx.query({ text, values: [slot.id, JSON.stringify([capOf("day", 1, APP)])] });
      const waits = burn(db, slot, caps);
      await someoneWaits(tx);
      return { waits };
    });
    t.match(await other.waits, { outcome: "limited", reached: { cap: capOf("day", 1, APP), used: 1 } });
    t.same(await countsOf(db, slot.id), { "//day": 1, "my-app//day": 1 });
  });
});

/** Waits until a session waits for another's transaction. */
async function someoneWaits(tx: Queryable): Promise<void> {
  const text = `SELECT 1 FROM pg_stat_activity
                 WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  while ((await tx.query({ text })).rowCount === 0) {
    await tx.query({ text: "SELECT pg_sleep(0.005), pg_stat_clear_snapshot()" });
  }
}
