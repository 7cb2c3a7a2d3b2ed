import { setImmediate } from "node:timers/promises";
import t from "tap";
import type { Database, Queryable } from "@vaultproof/db/database";
import { burnNullifier } from "@vaultproof/db/queries/burn-nullifier";
import { lockSlot } from "@vaultproof/db/queries/lock-slot";
import { lockSlotShared } from "@vaultproof/db/queries/lock-slot-shared";
import { revokeGrant } from "@vaultproof/db/queries/revoke-grant";
import { revokeSlot } from "@vaultproof/db/queries/revoke-slot";
import { forEachDatabase } from "../../helpers/databases.js";
import { burnRequest, storedSlot } from "../../helpers/stored-slot.js";

async function countNullifiers(db: Queryable, slotId: string): Promise<number> {
  return (await db.query({ text: "SELECT 1 FROM nullifiers WHERE slot_id = $1", values: [slotId] })).rowCount;
}

/** Waits until a session waits for an advisory lock. PGlite has one session: there a call waits for the transaction. */
async function someoneWaits(tx: Queryable, kind: Database["kind"]): Promise<void> {
  if (kind === "pglite") return;
  const text = `SELECT 1 FROM pg_locks
                 WHERE locktype = 'advisory' AND NOT granted
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  while ((await tx.query({ text })).rowCount === 0) await tx.query({ text: "SELECT pg_sleep(0.005)" });
}

const revocations = {
  "a slot": (tx: Queryable, slotId: string) => revokeSlot(tx, slotId),
  "an app": (tx: Queryable, slotId: string) => revokeGrant(tx, { slotId, appId: "my-app" }),
};

for (const [what, revoke] of Object.entries(revocations)) {
  await forEachDatabase(t, `revoking ${what} that is kept busy`, async (t, open) => {
    const replicas = [await open(), await open(), await open()] as const;
    const [db] = replicas;
    for (let round = 0; round < 3; round++) {
      const slot = await storedSlot(db);
      const template = await burnRequest(db, slot);
      let accepted = 0;
      let answered = false;
      let acceptedAfterAnswer = 0;
      const worker = async (replica: Database) => {
        for (;;) {
          const sentAfterAnswer = answered;
          const { outcome } = await burnNullifier(replica, {
            ...template,
            nullifier: crypto.getRandomValues(new Uint8Array(32)),
          });
          if (outcome !== "burnt") return outcome;
          accepted++;
          if (sentAfterAnswer) acceptedAfterAnswer++;
          await setImmediate();
        }
      };
      const workers = Array.from({ length: 18 }, (_, i) => worker(replicas[i % 3] ?? db));
      while (accepted < 100) await setImmediate();

      const underLock = await db.transaction(async (tx) => {
        await lockSlot(tx, slot.id);
        t.match(await revoke(tx, slot.id), { revoked: true });
        return await countNullifiers(tx, slot.id);
      });
      answered = true;

      const ends = await Promise.all(workers);
      t.same([...new Set(ends)], ["inactive"]);
      t.equal(acceptedAfterAnswer, 0);
      t.equal(await countNullifiers(db, slot.id), underLock, "none was burnt once the lock was held");
      t.equal(accepted, underLock, "each accepted call had been burnt by then");
    }
  });
}

await forEachDatabase(t, "a call that waits for a revocation sees it", async (t, open) => {
  const [db, replica] = [await open(), await open()];
  const slot = await storedSlot(db);
  const call = await burnRequest(db, slot);
  let waiting: ReturnType<typeof burnNullifier> | undefined;
  await db.transaction(async (tx) => {
    await lockSlot(tx, slot.id);
    waiting = burnNullifier(replica, call);
    await someoneWaits(tx, db.kind);
    await revokeSlot(tx, slot.id);
  });
  t.same(await waiting, { outcome: "inactive" });
});

await forEachDatabase(t, "a revocation waits for a call that holds the slot", async (t, open) => {
  const [db, replica] = [await open(), await open()];
  const slot = await storedSlot(db);
  const events: string[] = [];
  let revoked: Promise<unknown> = Promise.resolve();
  await db.transaction(async (tx) => {
    await lockSlotShared(tx, slot.id);
    revoked = replica.transaction(async (tx) => {
      await lockSlot(tx, slot.id);
      events.push("revoked");
    });
    await someoneWaits(tx, db.kind);
    events.push("call done");
  });
  await revoked;
  t.same(events, ["call done", "revoked"]);
});

await forEachDatabase(t, "a burn refuses a snapshot that is older than its lock", async (t, open) => {
  const db = await open();
  const call = await burnRequest(db, await storedSlot(db));
  const attempt = db.transaction(async (tx) => {
    await tx.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    // Only a transaction can be at another level; the type keeps burnNullifier out of one.
    await burnNullifier(tx as Database, call);
  });
  await t.rejects(attempt, /READ COMMITTED/);
});
