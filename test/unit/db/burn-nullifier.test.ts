import { randomBytes, randomUUID } from "node:crypto";
import t from "tap";
import type { Database } from "@vaultproof/db/database";
import { PARTITIONS_AHEAD_SECONDS, PARTITION_SECONDS } from "@vaultproof/db/maintenance";
import { burnNullifier, type BurnResult } from "@vaultproof/db/queries/burn-nullifier";
import { putGrant } from "@vaultproof/db/queries/put-grant";
import { readStatement } from "@vaultproof/db/queries/read-statement";
import { revokeGrant } from "@vaultproof/db/queries/revoke-grant";
import { revokeSlot } from "@vaultproof/db/queries/revoke-slot";
import { forEachDatabase } from "../../helpers/databases.js";
import { burnRequest, capOf, storedSlot } from "../../helpers/stored-slot.js";

const countOf = (results: readonly BurnResult[], outcome: BurnResult["outcome"]) =>
  results.filter((result) => result.outcome === outcome).length;

async function nullifiersOf(db: Database, slotId: string): Promise<number> {
  return (await db.query({ text: "SELECT 1 FROM nullifiers WHERE slot_id = $1", values: [slotId] })).rowCount;
}

await forEachDatabase(t, "a burn", async (t, open) => {
  const db = await open();

  await t.test("hands out the sealed share, once", async (t) => {
    const slot = await storedSlot(db);
    const call = await burnRequest(db, slot);
    const first = await burnNullifier(db, call);
    t.equal(first.outcome, "burnt");
    if (first.outcome === "burnt") {
      t.same(Buffer.from(first.share1Encrypted), slot.share1Encrypted);
      t.same(Buffer.from(first.serverKeyId), slot.serverKeyId);
    }
    t.same(await burnNullifier(db, call), { outcome: "replay" });
    t.equal((await burnNullifier(db, { ...call, nullifier: randomBytes(32) })).outcome, "burnt");
  });

  await t.test("happens once for 200 identical calls at once, over three replicas", async (t) => {
    const replicas = [db, await open(), await open()];
    const call = await burnRequest(db, await storedSlot(db), { caps: [capOf("minute", 100)] });
    const results = await Promise.all(
      Array.from({ length: 200 }, (_, i) => burnNullifier(replicas[i % 3] ?? db, call)),
    );
    t.equal(countOf(results, "burnt"), 1);
    t.equal(countOf(results, "replay"), 199);
    t.equal(await nullifiersOf(db, call.slotId), 1);
    const { rows } = await db.query({
      text: "SELECT count FROM call_counts WHERE slot_id = $1",
      values: [call.slotId],
    });
    t.same(rows, [{ count: 1 }], "a replay counts for nothing");
  });

  await t.test("needs what was checked to hold still", async (t) => {
    const slot = await storedSlot(db);
    const call = await burnRequest(db, slot);
    const inactive = { outcome: "inactive" };
    t.same(await burnNullifier(db, { ...call, slotId: randomUUID() }), inactive, "unknown slot");
    t.same(await burnNullifier(db, { ...call, appId: "another" }), inactive, "unknown app");
    t.same(await burnNullifier(db, { ...call, slotVersion: 2 }), inactive, "another version of the slot");
    t.same(await burnNullifier(db, { ...call, grantVersion: 2 }), inactive, "another version of the grant");
    t.same(await burnNullifier(db, { ...call, expiresAt: call.expiresAt - 121 }), inactive, "expired");
    const beyond = call.expiresAt + PARTITIONS_AHEAD_SECONDS + PARTITION_SECONDS;
    t.same(await burnNullifier(db, { ...call, expiresAt: beyond }), inactive, "no partition takes it");
    t.equal(await nullifiersOf(db, slot.id), 0, "nothing was burnt");

    const disable = "UPDATE developers SET status = $2 WHERE id = $1";
    await db.query({ text: disable, values: [slot.developerId, "disabled"] });
    t.same(await burnNullifier(db, call), inactive, "disabled developer");
    await db.query({ text: disable, values: [slot.developerId, "active"] });
    t.equal((await burnNullifier(db, call)).outcome, "burnt", "the same call");
  });

  await t.test("is refused after a revocation, and after the app was granted anew", async (t) => {
    const slot = await storedSlot(db);
    const call = await burnRequest(db, slot);
    await db.transaction((tx) => revokeGrant(tx, { slotId: slot.id, appId: call.appId }));
    t.same(await burnNullifier(db, call), { outcome: "inactive" });
    const again = await db.transaction((tx) =>
      putGrant(tx, { slotId: slot.id, appId: call.appId, leaf: randomBytes(32) }),
    );
    t.same(await burnNullifier(db, call), { outcome: "inactive" }, "checked against the earlier grant");
    t.match(again, { outcome: "granted", version: 2 });
    t.equal((await burnNullifier(db, { ...call, grantVersion: 2 })).outcome, "burnt");
    await db.transaction((tx) => revokeSlot(tx, slot.id));
    t.same(
      await burnNullifier(db, { ...call, grantVersion: 2, nullifier: randomBytes(32) }),
      { outcome: "inactive" },
      "revoked slot",
    );
  });

  await t.test("is refused below the watermark", async (t) => {
    const call = await burnRequest(db, await storedSlot(db));
    await db.query({ text: "UPDATE watermark SET below = $1::bigint", values: [call.expiresAt + 1] });
    t.same(await burnNullifier(db, call), { outcome: "inactive" });
    t.equal((await readStatement(db, call)).watermark, call.expiresAt + 1);
    t.equal((await burnNullifier(db, { ...call, expiresAt: call.expiresAt + 1 })).outcome, "burnt");
  });
});

await forEachDatabase(t, "a cap", async (t, open) => {
  const db = await open();
  const replicas = [db, await open(), await open()];

  await t.test("is exact under concurrency", async (t) => {
    const slot = await storedSlot(db);
    const calls = await Promise.all(
      Array.from({ length: 60 }, () => burnRequest(db, slot, { caps: [capOf("minute", 10)] })),
    );
    const results = await Promise.all(calls.map((call, i) => burnNullifier(replicas[i % 3] ?? db, call)));
    const { rows: windows } = await db.query<{ start: number; count: number }>({
      text: "SELECT window_start AS start, count FROM call_counts WHERE slot_id = $1",
      values: [slot.id],
    });
    // A minute may end meanwhile; each window on its own is exact.
    t.ok(windows.every(({ count }) => count <= 10));
    const burnt = countOf(results, "burnt");
    t.equal(
      windows.reduce((sum, { count }) => sum + count, 0),
      burnt,
    );
    t.ok(burnt >= 10);
    t.equal(countOf(results, "limited"), 60 - burnt);
    t.equal(await nullifiersOf(db, slot.id), 60, "a limited call's nullifier stays used");
    const resets = windows.map(({ start }) => start + 60);
    for (const result of results) {
      if (result.outcome !== "limited") continue;
      t.match(result.reached, { cap: { limit: 10 }, used: 10 });
      t.ok(resets.includes(result.reached.resetAt));
    }

    const limited = calls[results.findIndex(({ outcome }) => outcome === "limited")];
    if (limited === undefined) throw new Error("nothing was limited");
    t.equal(
      (await burnNullifier(db, { ...limited, caps: [] })).outcome,
      "replay",
      "whoever kept it cannot spend it besides the proof that its app makes later",
    );
  });

  await t.test("of one slot is not another's, and 0 is none", async (t) => {
    const [one, other] = [await storedSlot(db), await storedSlot(db)];
    const capped = async (slot: typeof one) =>
      (await burnNullifier(db, await burnRequest(db, slot, { caps: [capOf("minute", 1)] }))).outcome;
    t.equal(await capped(one), "burnt");
    t.equal(await capped(other), "burnt");
    const free = await storedSlot(db);
    for (let i = 0; i < 5; i++) {
      t.equal((await burnNullifier(db, await burnRequest(db, free))).outcome, "burnt");
    }
  });

  await t.test("answers a replay as a replay, also when it is reached", async (t) => {
    const call = await burnRequest(db, await storedSlot(db), { caps: [capOf("minute", 1)] });
    t.equal((await burnNullifier(db, call)).outcome, "burnt");
    t.same(await burnNullifier(db, call), { outcome: "replay" });
  });
});
