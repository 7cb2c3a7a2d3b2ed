import { randomBytes } from "node:crypto";
import t from "tap";
import type { Database } from "@vaultproof/db/database";
import { dropExpiredPartitions, ensurePartitions, PARTITION_SECONDS } from "@vaultproof/db/maintenance";
import { burnNullifier } from "@vaultproof/db/queries/burn-nullifier";
import { databaseTime } from "@vaultproof/db/queries/database-time";
import { forEachDatabase } from "../../helpers/databases.js";
import { burnRequest, capOf, storedSlot } from "../../helpers/stored-slot.js";

async function watermark(db: Database): Promise<number | undefined> {
  return (await db.query<{ below: number }>({ text: "SELECT below FROM watermark" })).rows[0]?.below;
}

async function addPartition(db: Database, { name, from, to }: { name: string; from: number; to: number }) {
  await db.execute(`CREATE TABLE ${name} PARTITION OF nullifiers FOR VALUES FROM (${from}) TO (${to})`);
}

await forEachDatabase(t, "partitions are made ahead", async (t, open) => {
  const replicas = [await open({ state: "migrated" }), await open({ state: "migrated" })] as const;
  const [db] = replicas;
  const results = await Promise.all([...replicas, ...replicas].map((db) => ensurePartitions(db)));
  const created = results.flatMap((result) => result.created);
  t.equal(new Set(created).size, created.length, "each once, by replicas that start together");
  t.ok(created.filter((name) => name.startsWith("nullifiers_")).length >= 8);
  t.ok(created.filter((name) => name.startsWith("used_nonces_")).length >= 8);
  t.equal(created.filter((name) => name.startsWith("call_log_")).length, 2);
  t.same(await ensurePartitions(db), { created: [] });
  const { rowCount } = await db.query({
    text: "SELECT 1 FROM pg_partitioned_table WHERE partdefid <> 0",
  });
  t.equal(rowCount, 0, "no table has a default partition");
});

await forEachDatabase(t, "partitions are dropped ten minutes after their end", async (t, open) => {
  const db = await open({ state: "migrated" });
  const now = Math.floor(await databaseTime(db));
  await addPartition(db, { name: "long_over", from: now - 5000, to: now - 900 });
  await addPartition(db, { name: "just_over", from: now - 900, to: now - 300 });
  await addPartition(db, { name: "current", from: now - 300, to: now + 3600 });
  const slot = await storedSlot(db);
  const insert = "INSERT INTO nullifiers VALUES ($1, $2, $3)";
  await db.query({ text: insert, values: [slot.id, randomBytes(32), now - 1000] });

  t.same(await dropExpiredPartitions(db), { dropped: ["long_over"], postponed: [] });
  t.equal(await watermark(db), now - 900);
  t.same(await dropExpiredPartitions(db), { dropped: [], postponed: [] });
  t.equal((await burnNullifier(db, await burnRequest(db, slot))).outcome, "burnt");
  const stale = [slot.id, randomBytes(32), now - 1000];
  await t.rejects(db.query({ text: insert, values: stale }), { code: "23514" }, "there is no way back in");
});

await forEachDatabase(t, "a clock that jumps back lets nothing back in", async (t, open) => {
  const db = await open();
  const slot = await storedSlot(db);
  const call = await burnRequest(db, slot);
  t.equal((await burnNullifier(db, call)).outcome, "burnt");

  // As after a clock that ran two hours ahead: the partitions of now were dropped, then the clock was set right.
  const start = call.expiresAt - (call.expiresAt % PARTITION_SECONDS);
  const { rows } = await db.query<{ name: string }>({
    text: `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'nullifiers'::regclass ORDER BY c.relname LIMIT 4`,
  });
  const below = start + 4 * PARTITION_SECONDS;
  await db.query({ text: "UPDATE watermark SET below = $1::bigint", values: [below] });
  for (const { name } of rows) await db.execute(`DROP TABLE ${name}`);

  const { created } = await ensurePartitions(db);
  const remade = created.filter((name) => Number(name.split("_").at(-1)) < below);
  t.same(remade, [], "nothing below the watermark is made again");
  t.same(await burnNullifier(db, call), { outcome: "inactive" }, "the burnt one");
  t.same(
    await burnNullifier(db, { ...call, nullifier: randomBytes(32) }),
    { outcome: "inactive" },
    "a new one",
  );
});

await forEachDatabase(t, "the watermark only rises", async (t, open) => {
  const db = await open({ state: "migrated" });
  await db.execute("UPDATE watermark SET below = 1000");
  for (const statement of [
    "UPDATE watermark SET below = 999",
    "DELETE FROM watermark",
    "TRUNCATE watermark",
  ]) {
    await t.rejects(db.execute(statement), /the watermark only rises/, statement);
  }
  await t.rejects(db.execute("INSERT INTO watermark (below) VALUES (0)"), { code: "23505" }, "a second row");
  t.equal(await watermark(db), 1000);
});

await forEachDatabase(t, "a partition that is being read is left for the next run", async (t, open) => {
  const [db, backup] = [await open({ state: "migrated" }), await open({ state: "migrated" })];
  if (db.kind === "pglite") return;
  const now = Math.floor(await databaseTime(db));
  await addPartition(db, { name: "over", from: now - 5000, to: now - 900 });
  await backup.transaction(async (tx) => {
    await tx.query({ text: "SELECT count(*) FROM nullifiers" });
    t.same(await dropExpiredPartitions(db), { dropped: [], postponed: ["over"] });
    t.equal(await watermark(db), 0);
    t.ok((await ensurePartitions(db)).created.length > 0, "making partitions does not wait for a reader");
  });
  t.same(await dropExpiredPartitions(db), { dropped: ["over"], postponed: [] });
});

await forEachDatabase(t, "counts of past windows are removed", async (t, open) => {
  const db = await open();
  const slot = await storedSlot(db);
  await burnNullifier(db, await burnRequest(db, slot, { caps: [capOf("minute", 5)] }));
  const old = "INSERT INTO call_counts VALUES ($1, '', 60, 0, 3)";
  await db.query({ text: old, values: [slot.id] });
  await dropExpiredPartitions(db);
  const { rows } = await db.query({ text: "SELECT count FROM call_counts" });
  t.same(rows, [{ count: 1 }]);
});
