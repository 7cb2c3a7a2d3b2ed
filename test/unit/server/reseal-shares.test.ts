import { randomBytes } from "node:crypto";
import type { Database } from "@vaultproof/db/database";
import { countForeignShares } from "@vaultproof/db/queries/count-foreign-shares";
import { listTransportKeys } from "@vaultproof/db/queries/list-transport-keys";
import { revokeSlot } from "@vaultproof/db/queries/revoke-slot";
import { resealShares } from "@vaultproof/server/keys/reseal-shares";
import { rewrapTransportKeys } from "@vaultproof/server/keys/rewrap-transport-keys";
import { createStorageKeys, type StorageKeys } from "@vaultproof/server/keys/storage-keys";
import { createTransportKeys } from "@vaultproof/server/keys/transport-keys";
import t from "tap";
import { onAnyDatabase } from "../../helpers/databases.js";
import { findUnopenable, storedSealedSlot } from "../../helpers/stored-slot.js";

const [first, second, stranger] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const before = createStorageKeys({ current: first, old: [] });
const during = createStorageKeys({ current: second, old: [first] });
const after = createStorageKeys({ current: second, old: [] });

async function run(db: Database, storageKeys: StorageKeys, isDryRun = false) {
  const steps: number[] = [];
  const onProgress = ({ examined }: { examined: number }) => steps.push(examined);
  const result = await resealShares({ db, storageKeys, batch: 4, isDryRun, onProgress });
  return { ...result, steps };
}

const rowsOf = async (db: Database) => (await db.query({ text: "SELECT * FROM key_slots ORDER BY id" })).rows;

await onAnyDatabase(t, "re-sealing", async (t, open) => {
  const db = await open();
  const slots = await Promise.all(Array.from({ length: 10 }, () => storedSealedSlot(db, before.current)));
  const revoked = await storedSealedSlot(db, before.current);
  await db.transaction((tx) => revokeSlot(tx, revoked.slotId));

  await t.test("a dry run opens everything and changes nothing", async (t) => {
    const rows = await rowsOf(db);
    const dry = await run(db, during, true);
    t.match(dry, { examined: 10, resealed: 10, unopened: [], steps: [4, 8, 10] });
    t.same(await rowsOf(db), rows);
  });

  await t.test("seals every share to the current key, for the same version", async (t) => {
    t.same(await countForeignShares(db, after.ids), { slots: 10 });
    t.match(await run(db, during), { examined: 10, resealed: 10, unopened: [], steps: [4, 8, 10] });
    t.same(await findUnopenable(db, slots, after), []);
    t.same(await countForeignShares(db, after.ids), { slots: 0 });
    t.match(await run(db, during), { examined: 0, resealed: 0, steps: [] }, "again there is nothing to do");
    t.match(await run(db, during, true), { examined: 10, resealed: 0, unopened: [] });
  });

  await t.test("leaves what does not open, and names it", async (t) => {
    const foreign = createStorageKeys({ current: stranger, old: [] });
    const lost = await storedSealedSlot(db, foreign.current);
    const damaged = await storedSealedSlot(db, before.current);
    const swapped = [await storedSealedSlot(db, before.current), await storedSealedSlot(db, before.current)];
    const fine = await storedSealedSlot(db, before.current);
    await db.query({
      text: `UPDATE key_slots SET share1_encrypted = set_byte(share1_encrypted, 100,
               255 - get_byte(share1_encrypted, 100)) WHERE id = $1`,
      values: [damaged.slotId],
    });
    await db.query({
      text: `UPDATE key_slots a SET share1_encrypted = b.share1_encrypted FROM key_slots b
              WHERE a.id IN ($1, $2) AND b.id IN ($1, $2) AND a.id <> b.id`,
      values: swapped.map(({ slotId }) => slotId),
    });
    const rows = await rowsOf(db);
    const expected = [
      { slotId: lost.slotId, keyId: Buffer.from(foreign.current.id).toString("hex"), isKeyKnown: false },
      ...[damaged, ...swapped].map(({ slotId }) => ({
        ...{ slotId, keyId: Buffer.from(before.current.id).toString("hex"), isKeyKnown: true },
      })),
    ];
    const byId = (a: { slotId: string }, b: { slotId: string }) => (a.slotId < b.slotId ? -1 : 1);
    for (const isDryRun of [true, false]) {
      const { unopened, resealed } = await run(db, during, isDryRun);
      t.same([...unopened].sort(byId), expected.sort(byId));
      t.equal(resealed, 1);
    }
    t.same(await findUnopenable(db, [fine], after), []);
    const untouched = (all: unknown[]) => (all as { id: string }[]).filter(({ id }) => id !== fine.slotId);
    t.same(untouched(await rowsOf(db)), untouched(rows), "as it was");
    t.same(await countForeignShares(db, during.ids), { slots: 1 });
  });
});

await onAnyDatabase(t, "two runs at once, while slots change", async (t, open) => {
  const db = await open();
  const slots = await Promise.all(Array.from({ length: 30 }, () => storedSealedSlot(db, before.current)));
  const other = await open();
  const runs = await Promise.all([run(db, during), run(other, during)]);
  t.equal(runs[0].resealed + runs[1].resealed, 30, "each share is sealed once");
  t.same(await findUnopenable(db, slots, after), []);
});

await onAnyDatabase(t, "transport keys", async (t, open) => {
  const db = await open();
  const clock = () => Date.now() / 1000;
  const [made] = (await createTransportKeys({ db, secrets: [first], clock })).published();
  const [row] = await listTransportKeys(db);
  const secrets = [second, first];
  t.same(await rewrapTransportKeys({ db, secrets, isDryRun: true }), { rewrapped: 1, unopened: 0 });
  t.same(await listTransportKeys(db), [row]);
  t.same(await rewrapTransportKeys({ db, secrets, isDryRun: false }), { rewrapped: 1, unopened: 0 });
  t.same(await rewrapTransportKeys({ db, secrets, isDryRun: false }), { rewrapped: 0, unopened: 0 });
  t.same(await rewrapTransportKeys({ db, secrets: [stranger], isDryRun: false }), {
    rewrapped: 0,
    unopened: 1,
  });
  const unreadable: string[] = [];
  const onUnreadable = (id: string) => unreadable.push(id);
  const keys = await createTransportKeys({ db, secrets: [second], clock, onUnreadable });
  t.same(keys.published(), [made], "the same key, by the new secret alone");
  t.same(unreadable, []);
});
