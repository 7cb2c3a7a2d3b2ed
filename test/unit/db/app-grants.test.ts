import { randomBytes } from "node:crypto";
import t from "tap";
import type { Database } from "@vaultproof/db/database";
import { findLeafPath } from "@vaultproof/db/queries/find-leaf-path";
import { lockSlot } from "@vaultproof/db/queries/lock-slot";
import { putGrant } from "@vaultproof/db/queries/put-grant";
import { readLeaves } from "@vaultproof/db/queries/read-leaves";
import { readSlotForOwner } from "@vaultproof/db/queries/read-slot-for-owner";
import { readStatement } from "@vaultproof/db/queries/read-statement";
import { revokeGrant } from "@vaultproof/db/queries/revoke-grant";
import { revokeSlot } from "@vaultproof/db/queries/revoke-slot";
import { updateAppRoot } from "@vaultproof/db/queries/update-app-root";
import { forEachDatabase } from "../../helpers/databases.js";
import { storedSlot } from "../../helpers/stored-slot.js";

function actions(db: Database, slotId: string) {
  return {
    put: (appId: string, leaf: Uint8Array = randomBytes(32), restrictions?: unknown) =>
      db.transaction(async (tx) => {
        await lockSlot(tx, slotId);
        return await putGrant(tx, { slotId, appId, leaf, restrictions });
      }),
    revoke: (appId: string) =>
      db.transaction(async (tx) => {
        await lockSlot(tx, slotId);
        return await revokeGrant(tx, { slotId, appId });
      }),
    indexes: async () => (await readLeaves(db, slotId)).map(({ index }) => index),
  };
}

await forEachDatabase(t, "app grants", async (t, open) => {
  const db = await open();

  await t.test("take the lowest free index, and versions never come back", async (t) => {
    const { id } = await storedSlot(db, { grants: [] });
    const { put, revoke, indexes } = actions(db, id);
    t.same(await put("a"), { outcome: "granted", index: 0, version: 1 });
    t.same(await put("b"), { outcome: "granted", index: 1, version: 2 });
    t.same(await put("c"), { outcome: "granted", index: 2, version: 3 });
    t.same(await revoke("b"), { revoked: true, index: 1 });
    t.same(await revoke("b"), { revoked: false });
    t.same(await revoke("a"), { revoked: true, index: 0 });
    t.same(await indexes(), [2]);
    t.same(await put("d"), { outcome: "granted", index: 0, version: 4 }, "the place of a");
    t.same(await put("a"), { outcome: "granted", index: 1, version: 5 }, "not version 1 again");
    t.same(await indexes(), [0, 1, 2]);
  });

  await t.test("an active app is replaced in place, with a new version", async (t) => {
    const slot = await storedSlot(db);
    const { put } = actions(db, slot.id);
    const leaf = randomBytes(32);
    t.same(await put("my-app", leaf, { methods: ["GET"] }), { outcome: "granted", index: 0, version: 2 });
    const leaves = await readLeaves(db, slot.id);
    t.same(
      leaves.map((entry) => ({ index: entry.index, leaf: Buffer.from(entry.leaf) })),
      [{ index: 0, leaf }],
    );
    const call = { slotId: slot.id, appId: "my-app", nullifier: randomBytes(32), expiresAt: 0 };
    t.match((await readStatement(db, call)).grant, { version: 2, restrictions: { methods: ["GET"] } });
    await put("my-app", leaf);
    t.equal(
      (await readStatement(db, call)).grant?.restrictions,
      null,
      "restrictions are replaced, not merged",
    );
  });

  await t.test("1,024 fit and no more", async (t) => {
    const grants = Array.from({ length: 1024 }, (_, i) => ({ appId: `app-${i}`, leaf: randomBytes(32) }));
    const { id } = await storedSlot(db, { grants });
    const { put, revoke, indexes } = actions(db, id);
    t.same(await put("one-more"), { outcome: "full" });
    t.match(await put("app-1023"), { outcome: "granted", index: 1023 }, "a replacement needs no room");
    await revoke("app-700");
    t.same(await put("one-more"), { outcome: "granted", index: 700, version: 1026 });
    t.equal((await indexes()).length, 1024);
  });

  await t.test("concurrent grants get an index each", async (t) => {
    const { id } = await storedSlot(db, { grants: [] });
    const replicas = [db, await open(), await open()];
    await Promise.all(
      Array.from({ length: 15 }, (_, i) => actions(replicas[i % 3] ?? db, id).put(`app-${i}`)),
    );
    t.same(
      await actions(db, id).indexes(),
      Array.from({ length: 15 }, (_, i) => i),
    );
  });
});

await forEachDatabase(t, "leaf paths", async (t, open) => {
  const db = await open();
  const grants = ["a", "b", "c"].map((appId) => ({ appId, leaf: randomBytes(32) }));
  const slot = await storedSlot(db, { grants });
  const [a, b, c] = grants.map(({ leaf }) => leaf) as [Buffer, Buffer, Buffer];

  await t.test("come with all active leaves and the stored root", async (t) => {
    const appRoot = randomBytes(32);
    await db.transaction(async (tx) => {
      await lockSlot(tx, slot.id);
      await revokeGrant(tx, { slotId: slot.id, appId: "b" });
      await updateAppRoot(tx, { slotId: slot.id, appRoot });
    });
    const path = await findLeafPath(db, { slotId: slot.id, leaf: c });
    t.equal(path?.index, 2);
    t.same(
      path?.leaves.map(({ index, leaf }) => ({ index, leaf: Buffer.from(leaf) })),
      [
        { index: 0, leaf: a },
        { index: 2, leaf: c },
      ],
    );
    t.same(Buffer.from(path?.appRoot ?? []), appRoot);
    const owned = await readSlotForOwner(db, { slotId: slot.id, developerId: slot.developerId });
    t.same(Buffer.from(owned?.appRoot ?? []), appRoot);
  });

  await t.test("are not there for anything else", async (t) => {
    t.equal(await findLeafPath(db, { slotId: slot.id, leaf: b }), null, "revoked");
    t.equal(await findLeafPath(db, { slotId: slot.id, leaf: randomBytes(32) }), null, "unknown");
    const other = await storedSlot(db);
    t.equal(await findLeafPath(db, { slotId: other.id, leaf: a }), null, "of another slot");
    await db.transaction((tx) => revokeSlot(tx, slot.id));
    t.equal(await findLeafPath(db, { slotId: slot.id, leaf: a }), null, "of a revoked slot");
  });
});
