import { randomBytes } from "node:crypto";
import t from "tap";
import type { Database } from "@vaultproof/db/database";
import { listKeySlots } from "@vaultproof/db/queries/list-key-slots";
import { lockSlot } from "@vaultproof/db/queries/lock-slot";
import { readSlotForOwner } from "@vaultproof/db/queries/read-slot-for-owner";
import { revokeGrant } from "@vaultproof/db/queries/revoke-grant";
import { revokeSlot } from "@vaultproof/db/queries/revoke-slot";
import { storeKeySlot, type NewKeySlot } from "@vaultproof/db/queries/store-key-slot";
import { forEachDatabase } from "../../helpers/databases.js";
import { newSlot, storedDeveloper, storedSlot } from "../../helpers/stored-slot.js";

const store = (db: Database, slot: NewKeySlot) => db.transaction((tx) => storeKeySlot(tx, slot));
const listAll = async (db: Database, developerId: string) =>
  (await listKeySlots(db, { developerId, after: null, limit: 100 })).keySlots;

await forEachDatabase(t, "key slots", async (t, open) => {
  const db = await open();

  await t.test("are stored as given", async (t) => {
    const developer = await storedDeveloper(db);
    const slot = newSlot(developer.id, { restrictions: { methods: ["GET"], paths: ["/v1/*"] } });
    t.same(await store(db, slot), { status: "stored" });
    const read = await readSlotForOwner(db, { slotId: slot.id, developerId: developer.id });
    t.match(read, {
      id: slot.id,
      version: 1,
      status: "active",
      provider: slot.provider,
      baseUrl: slot.baseUrl,
      headerName: slot.headerName,
      headerTemplate: slot.headerTemplate,
      label: slot.label,
      restrictions: slot.restrictions,
    });
    for (const name of ["share1Encrypted", "serverKeyId", "vaultCommitment", "appRoot"] as const) {
      t.same(Buffer.from(read?.[name] ?? []), slot[name], name);
    }
  });

  await t.test("a repeat is told from a conflict, whatever happened to the slot since", async (t) => {
    const slot = await storedSlot(db);
    const thief = await storedDeveloper(db);
    const answers = async () => [
      (await store(db, slot)).status,
      (await store(db, { ...slot, storeDigest: randomBytes(32), label: "another" })).status,
      (await store(db, { ...slot, developerId: thief.id })).status,
    ];
    t.same(await answers(), ["identical", "conflict", "conflict"]);
    await db.transaction((tx) => revokeGrant(tx, { slotId: slot.id, appId: "my-app" }));
    t.same(await answers(), ["identical", "conflict", "conflict"]);
    await db.transaction((tx) => revokeSlot(tx, slot.id));
    t.same(await answers(), ["identical", "conflict", "conflict"]);
    t.match(await readSlotForOwner(db, { slotId: slot.id, developerId: slot.developerId }), {
      status: "revoked",
    });
  });

  await t.test("an id is stored once by replicas that try together", async (t) => {
    const replicas = [db, await open(), await open()];
    const slot = newSlot((await storedDeveloper(db)).id);
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, i) => store(replicas[i % 3] ?? db, slot)),
    );
    const statuses = results.map(({ status }) => status).sort();
    t.same(statuses, [...Array<string>(11).fill("identical"), "stored"]);
  });

  await t.test("nothing of a slot is stored when its grants are not", async (t) => {
    const developer = await storedDeveloper(db);
    const grant = { appId: "twice", leaf: randomBytes(32) };
    await t.rejects(store(db, newSlot(developer.id, { grants: [grant, grant] })), { code: "23505" });
    t.same(await listAll(db, developer.id), []);
  });

  await t.test("are listed for their owner, with active apps in the order of their leaves", async (t) => {
    const developer = await storedDeveloper(db);
    const grants = ["zebra", "ant", "mole"].map((appId) => ({ appId, leaf: randomBytes(32) }));
    const slot = newSlot(developer.id, { grants });
    const bare = newSlot(developer.id, { grants: [], label: "bare" });
    await store(db, slot);
    await store(db, bare);
    await db.query({
      text: "UPDATE key_slots SET created_at = created_at + 1 WHERE id = $1",
      values: [bare.id],
    });
    await db.transaction((tx) => revokeGrant(tx, { slotId: slot.id, appId: "ant" }));
    await db.transaction((tx) => revokeSlot(tx, bare.id));
    const listed = await listAll(db, developer.id);
    t.same(
      listed.map(({ id, label, status, version }) => ({ id, label, status, version })),
      [
        { id: slot.id, label: "a slot", status: "active", version: 1 },
        { id: bare.id, label: "bare", status: "revoked", version: 1 },
      ],
    );
    t.same(
      listed[0]?.appGrants.map(({ appId }) => appId),
      ["zebra", "mole"],
    );
    t.ok(Number.isSafeInteger(listed[0]?.appGrants[0]?.createdAt), "a time in seconds");
    t.same(listed[1]?.appGrants, []);
    t.same(await listAll(db, (await storedDeveloper(db)).id), []);
  });

  await t.test("are listed page by page, none twice and none left out", async (t) => {
    const developer = await storedDeveloper(db);
    const slots = Array.from({ length: 7 }, () => newSlot(developer.id));
    for (const slot of slots) await store(db, slot);
    // All but the last in the same second: the ids decide between them.
    await db.query({
      text: "UPDATE key_slots SET created_at = CASE id WHEN $2 THEN 200 ELSE 100 END WHERE developer_id = $1",
      values: [developer.id, slots[6]?.id],
    });
    const ids: string[] = [];
    const sizes: number[] = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof listKeySlots>> = await listKeySlots(db, {
        ...{ developerId: developer.id, after, limit: 3 },
      });
      sizes.push(page.keySlots.length);
      ids.push(...page.keySlots.map(({ id }) => id));
      after = page.next;
    } while (after !== null);
    t.same(sizes, [3, 3, 1]);
    t.same(ids, [
      ...slots
        .slice(0, 6)
        .map(({ id }) => id)
        .sort(),
      slots[6]?.id,
    ]);
    const stranger = { developerId: (await storedDeveloper(db)).id, after: slots[0]?.id ?? "", limit: 3 };
    t.same(
      await listKeySlots(db, stranger),
      { keySlots: [], next: null },
      "somebody else's slot is no place",
    );
  });

  await t.test("with many apps make pages of their own", async (t) => {
    const developer = await storedDeveloper(db);
    const grants = Array.from({ length: 1000 }, (_, i) => ({ appId: `app-${i}`, leaf: randomBytes(32) }));
    const slots = Array.from({ length: 3 }, () => newSlot(developer.id, { grants }));
    for (const slot of slots) await store(db, slot);
    const first = await listKeySlots(db, { developerId: developer.id, after: null, limit: 100 });
    t.same([first.keySlots.length, first.next], [2, first.keySlots[1]?.id]);
    const rest = await listKeySlots(db, { developerId: developer.id, after: first.next, limit: 100 });
    t.same([rest.keySlots.length, rest.next], [1, null]);
    t.equal(rest.keySlots[0]?.appGrants.length, 1000);
  });

  await t.test("are read by their owner only", async (t) => {
    const slot = await storedSlot(db);
    const other = await storedDeveloper(db);
    t.equal(await readSlotForOwner(db, { slotId: slot.id, developerId: other.id }), null);
  });

  await t.test("a revoked one has no share and stays revoked", async (t) => {
    const slot = await storedSlot(db);
    t.same(await db.transaction((tx) => revokeSlot(tx, slot.id)), { revoked: true });
    t.same(await db.transaction((tx) => revokeSlot(tx, slot.id)), { revoked: false });
    const read = await readSlotForOwner(db, { slotId: slot.id, developerId: slot.developerId });
    t.match(read, { status: "revoked", share1Encrypted: null });
    const revive = "UPDATE key_slots SET status = 'active', revoked_at = NULL WHERE id = $1";
    await t.rejects(db.query({ text: revive, values: [slot.id] }), { code: "23514" }, "not without a share");
  });

  await t.test("changes of one slot wait for each other", async (t) => {
    const slot = await storedSlot(db);
    const replica = await open();
    const events: string[] = [];
    let second: Promise<void> = Promise.resolve();
    await db.transaction(async (tx) => {
      await lockSlot(tx, slot.id);
      second = replica.transaction(async (tx) => {
        await lockSlot(tx, slot.id);
        events.push("second");
      });
      await tx.query({ text: "SELECT pg_sleep(0.05)" });
      events.push("first");
    });
    await second;
    t.same(events, ["first", "second"]);
  });
});
