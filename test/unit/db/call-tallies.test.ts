import t from "tap";
import type { Database } from "@vaultproof/db/database";
import { dropExpiredPartitions } from "@vaultproof/db/maintenance";
import { appendCallLog, type CallLogEntry } from "@vaultproof/db/queries/append-call-log";
import { databaseTime } from "@vaultproof/db/queries/database-time";
import { readCallPeriods } from "@vaultproof/db/queries/read-call-periods";
import { readSlotUsage } from "@vaultproof/db/queries/read-slot-usage";
import { forEachDatabase } from "../../helpers/databases.js";
import { developerChain, slotChain } from "@vaultproof/protocol/log-row";
import { appendLinked } from "../../helpers/log-stage.js";
import { newSlot, storedDeveloper, storedSlot } from "../../helpers/stored-slot.js";
import { storeKeySlot } from "@vaultproof/db/queries/store-key-slot";

const NOTHING = { answered: 0, failed: 0, interrupted: 0, refused: 0, p50: null, p95: null };

function entry(slot: { id: string; developerId: string }, members: Partial<CallLogEntry> = {}): CallLogEntry {
  return {
    chain: slotChain(slot.id),
    ...{ slotId: slot.id, developerId: slot.developerId, appId: "my-app", method: "GET", endpoint: "/v1" },
    ...{ statusCode: 200, latencyMs: 10, outcome: "answered" },
    ...members,
  };
}

async function thisHour(db: Database): Promise<{ from: number; to: number }> {
  const now = Math.floor(await databaseTime(db));
  const from = now - (now % 3600);
  return { from, to: from + 3600 };
}

await forEachDatabase(t, "tallies of calls", async (t, open) => {
  const db = await open();
  const { from, to } = await thisHour(db);
  const at = { createdAt: from + 60 };

  await t.test("tell the provider's doing from VaultProof's", async (t) => {
    const slot = await storedSlot(db);
    await appendLinked(db, [
      ...[200, 204, 302].map((statusCode) => entry(slot, { ...at, statusCode })),
      ...[400, 429, 500].map((statusCode) => entry(slot, { ...at, statusCode })),
      entry(slot, { ...at, statusCode: 502, outcome: "upstreamFailed" }),
      entry(slot, { ...at, statusCode: 504, outcome: "upstreamTimeout" }),
      entry(slot, { ...at, outcome: "interrupted" }),
      entry(slot, { ...at, statusCode: 499, outcome: "caller gone" }),
      ...["replay", "rateLimited", "appNotAuthorized", "internal"].map((outcome) =>
        entry(slot, { ...at, statusCode: 403, outcome }),
      ),
    ]);
    const [hour, before] = await readCallPeriods(db, {
      developerId: slot.developerId,
      periods: [
        { from, to },
        { from: from - 3600, to: from },
      ],
    });
    t.match(hour, { answered: 3, failed: 5, interrupted: 2, refused: 4 });
    t.same(before, NOTHING);
    const { rows } = await db.query<{ calls: number; logged: number }>({
      text: `SELECT (SELECT sum(count)::bigint FROM call_hours WHERE developer_id = $1) AS calls,
                    (SELECT count(*) FROM call_log WHERE developer_id = $1) AS logged`,
      values: [slot.developerId],
    });
    t.equal(rows[0]?.calls, rows[0]?.logged, "nothing is counted twice or left out");
  });

  await t.test(
    "count a row for as many calls as it stands for, and what is managed not at all",
    async (t) => {
      const slot = await storedSlot(db);
      // As refusals of a minute are written down together.
      await db.query({
        text: `INSERT INTO call_log_inbox (chain, developer_id, slot_id, outcome, count, created_at)
             VALUES ('slot:' || $1, $2, $1::uuid, 'invalidProof', 40, $3::bigint), ('slot:' || $1, $2, $1::uuid, 'answered', 1, $3::bigint)`,
        values: [slot.id, slot.developerId, from + 60],
      });
      await appendLinked(db, [
        entry(slot, { ...at, chain: developerChain(slot.developerId), outcome: "granted", statusCode: 201 }),
      ]);
      const [hour] = await readCallPeriods(db, { developerId: slot.developerId, periods: [{ from, to }] });
      t.same(hour, { ...NOTHING, answered: 1, refused: 40, p50: 0, p95: 0 });
      const usage = await readSlotUsage(db, { developerId: slot.developerId, since: 0, limit: 1 });
      t.match(usage, [{ calls: 1, refused: 40, lastUsedAt: from + 60 }]);
    },
  );

  await t.test("give percentiles within 5 %, of answers that were whole alone", async (t) => {
    const slot = await storedSlot(db);
    const latencies = Array.from({ length: 200 }, (_, i) => Math.round(3 * 1.05 ** i));
    await appendLinked(db, [
      ...latencies.map((latencyMs) => entry(slot, { ...at, latencyMs })),
      ...latencies.map(() => entry(slot, { ...at, latencyMs: 1, outcome: "replay", statusCode: 403 })),
      ...latencies.map(() => entry(slot, { ...at, latencyMs: 900_000, outcome: "interrupted" })),
    ]);
    const [hour] = await readCallPeriods(db, { developerId: slot.developerId, periods: [{ from, to }] });
    for (const [given, exact] of [
      [hour?.p50, latencies[99]],
      [hour?.p95, latencies[189]],
    ] as const) {
      t.ok(Math.abs((given ?? 0) / (exact ?? 1) - 1) < 0.05, `${given} for ${exact}`);
    }
  });

  await t.test("take the shortest and the longest latency", async (t) => {
    for (const [latencyMs, shown] of [
      [0, 0],
      [1, 1],
      [2, 2],
      [2 ** 31 - 1, 2 ** 31 * 2 ** -(0.5 / 8)],
    ] as const) {
      const slot = await storedSlot(db);
      await appendLinked(db, [entry(slot, { ...at, latencyMs })]);
      const [hour] = await readCallPeriods(db, { developerId: slot.developerId, periods: [{ from, to }] });
      t.ok(Math.abs((hour?.p50 ?? -1) - shown) <= shown / 20, `${hour?.p50} for ${latencyMs}`);
    }
  });

  await t.test("are of a developer's own calls, by slot and day", async (t) => {
    const developer = await storedDeveloper(db);
    const [busy, idle] = [newSlot(developer.id), newSlot(developer.id, { label: "idle" })];
    for (const slot of [busy, idle]) await db.transaction((tx) => storeKeySlot(tx, slot));
    const stranger = await storedSlot(db);
    await appendLinked(db, [
      entry(busy, { createdAt: from + 5 }),
      entry(stranger, at),
      entry(busy, { createdAt: from + 1 }),
      entry(busy, { createdAt: from + 6, outcome: "replay", statusCode: 403 }),
    ]);
    await appendLinked(db, [entry(busy, { createdAt: from + 7 })]);
    const day = from - (from % 86_400);
    const usage = (since: number) => readSlotUsage(db, { developerId: developer.id, since, limit: 10 });
    t.match(await usage(day), [
      { id: busy.id, status: "active", calls: 3, refused: 1, lastUsedAt: from + 7 },
      { id: idle.id, label: "idle", calls: 0, refused: 0, lastUsedAt: null },
    ]);
    t.match(await usage(day + 86_400), [
      { id: busy.id, calls: 0, refused: 0, lastUsedAt: from + 7 },
      { id: idle.id },
    ]);
    t.equal((await readSlotUsage(db, { developerId: developer.id, since: day, limit: 1 })).length, 1);
  });

  await t.test("are written with the log or not at all", async (t) => {
    const slot = await storedSlot(db);
    await t.rejects(
      db.transaction(async (tx) => {
        await appendCallLog(tx, [entry(slot, at)]);
        throw new Error("rolled back");
      }),
    );
    await appendLinked(db, []);
    const [hour] = await readCallPeriods(db, { developerId: slot.developerId, periods: [{ from, to }] });
    t.same(hour, NOTHING);
  });

  await t.test("of days that nobody can ask for are forgotten, and no others", async (t) => {
    const slot = await storedSlot(db);
    const day = from - (from % 86_400);
    for (const [table, column] of [
      ["call_hours", "hour"],
      ["slot_days", "day"],
    ] as const) {
      const rest =
        table === "call_hours"
          ? ["kind, bucket, count", "'answered', 1, 1"]
          : ["slot_id, calls, refused", `'${slot.id}', 1, 0`];
      for (const daysAgo of [89, 93]) {
        await db.execute(
          `INSERT INTO ${table} (developer_id, ${column}, ${rest[0]})
           VALUES ('${slot.developerId}', ${day - daysAgo * 86_400}, ${rest[1]})`,
        );
      }
    }
    await dropExpiredPartitions(db);
    const left = async (table: string, column: string) =>
      (
        await db.query<{ at: number }>({
          text: `SELECT ${column} AS at FROM ${table} WHERE developer_id = $1`,
          values: [slot.developerId],
        })
      ).rows;
    t.same(await left("call_hours", "hour"), [{ at: day - 89 * 86_400 }]);
    t.same(await left("slot_days", "day"), [{ at: day - 89 * 86_400 }]);
  });
});

await forEachDatabase(t, "writers who count the same calls", async (t, open) => {
  const replicas = [await open(), await open(), await open()];
  const db = replicas[0];
  if (db === undefined) return;
  const developer = await storedDeveloper(db);
  const slots = Array.from({ length: 6 }, () => newSlot(developer.id));
  const { from, to } = await thisHour(db);
  for (const slot of slots) await db.transaction((tx) => storeKeySlot(tx, slot));
  const batches = Array.from({ length: 60 }, (_, i) =>
    slots.map((_slot, j) => {
      const slot = slots[(i * 5 + j) % slots.length] ?? newSlot(developer.id);
      return entry(slot, { createdAt: from + 60, latencyMs: 10 * ((i + j) % 7) });
    }),
  );
  await Promise.all(batches.map((batch, i) => appendLinked(replicas[i % 3] ?? db, batch)));
  const [hour] = await readCallPeriods(db, { developerId: developer.id, periods: [{ from, to }] });
  t.match(hour, { answered: 360 }, "wait for each other and lose none");
});
