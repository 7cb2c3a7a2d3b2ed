import { randomBytes, randomUUID } from "node:crypto";
import { burnNullifier } from "@vaultproof/db/queries/burn-nullifier";
import { generateHpkeKeyPair } from "@vaultproof/server/keys/hpke-open";
import { createStorageKeys } from "@vaultproof/server/keys/storage-keys";
import t from "tap";
import { onAnyDatabase } from "../../helpers/databases.js";
import { storeRotatedSlot, transportKeyOf } from "../../helpers/rotated-slot.js";
import { openTestApp, type TestApp } from "../../helpers/test-app.js";

const NOT_FOUND = { status: 404, json: { error: "Not found" } };
const NOT_OPENED = { status: 422, json: { error: "Sealed share could not be opened" } };
const conflictAt = (version: number) => ({
  status: 409,
  json: { error: "Key slot has changed", reason: `Key slot is at version ${version}` },
});

await onAnyDatabase(t, "rotate", async (t, open) => {
  const server = await openTestApp(t, await open());
  const developer = await server.registered();
  const slot = await storeRotatedSlot(server, developer);

  await t.test("puts another key in its place, and nothing else", async (t) => {
    const before = await slot.row();
    const { request, share2 } = await slot.makeRotate("sk-second", 1);
    const rotated = { status: 200, json: { status: "rotated", version: 2 } };
    t.same(await slot.post("rotate", request), rotated);
    const after = await slot.row();
    t.equal(await slot.keyWith(share2), "sk-second");
    t.equal(after.commitment, request.vaultCommitment);
    t.equal(after.appRoot, before.appRoot);
    t.type(after.rotatedAt, "number");
    await t.rejects(slot.keyWith(slot.share2), "the share of before is worth nothing");
    t.same(await slot.post("rotate", request), rotated, "a repeat answers the same");
    t.same(await slot.row(), after, "and changes nothing");
    const list = await server.manage(developer, "GET", "/api/v1/keys/list");
    t.match(list.json, { keySlots: [{ version: 2, vaultCommitment: request.vaultCommitment }] });
  });

  await t.test("compares the version before it swaps", async (t) => {
    const before = await slot.row();
    const [late, early] = [await slot.makeRotate("sk-late", 1), await slot.makeRotate("sk-early", 3)];
    t.same(await slot.post("rotate", late.request), conflictAt(2));
    t.same(await slot.post("rotate", early.request), conflictAt(2));
    t.same(await slot.row(), before);
    const one = await slot.makeRotate("sk-one", 2);
    const other = await slot.makeRotate("sk-other", 2);
    const answers = await Promise.all([one, other].map(({ request }) => slot.post("rotate", request)));
    t.same(answers.map(({ status }) => status).sort(), [200, 409], "of two at once one comes through");
    const winner = answers[0]?.status === 200 ? one : other;
    t.match(await slot.keyWith(winner.share2), /^sk-o/);
    const loser = winner === one ? other : one;
    t.same(await slot.post("rotate", loser.request), conflictAt(3), "which the other learns again and again");
  });

  await t.test("takes nothing that was not sealed for this slot's next version", async (t) => {
    const before = await slot.row();
    const other = await storeRotatedSlot(server, developer);
    const cases = {
      "for the version that is there": await slot.makeRotate("sk-x", 3, { slotVersion: 3 }),
      "for one further on": await slot.makeRotate("sk-x", 3, { slotVersion: 5 }),
      "for another slot": await other.makeRotate("sk-x", 3),
    };
    for (const [name, { request }] of Object.entries(cases)) {
      t.same(await slot.post("rotate", request), NOT_OPENED, name);
    }
    const { request } = await slot.makeRotate("sk-x", 3);
    const garbage = `0x${randomBytes(200).toString("hex")}`;
    t.same(await slot.post("rotate", { ...request, share1_encrypted: garbage }), NOT_OPENED);
    for (const [member, value] of [
      ["fromVersion", 0],
      ["fromVersion", 1.5],
      ["fromVersion", 2 ** 31 - 1],
      ["fromVersion", "3"],
      ["vaultCommitment", "0x00"],
      ["vaultCommitment", "f".repeat(64)],
      ["share1_encrypted", "0x00"],
      ["surplus", 1],
    ] as const) {
      t.match(
        await slot.post("rotate", { ...request, [member]: value }),
        { status: 400 },
        `${member} ${value}`,
      );
    }
    t.same(await slot.row(), before);
  });

  await t.test("is for the owner of an active slot", async (t) => {
    const { request } = await slot.makeRotate("sk-x", 3);
    const stranger = await server.registered();
    t.same(await slot.post("rotate", request, stranger), NOT_FOUND);
    t.same(await slot.post("refresh", (await slot.makeRefresh(slot.share2, 3)).request, stranger), NOT_FOUND);
    const nowhere = `/api/v1/keys/${randomUUID()}/rotate`;
    t.same(await server.manage(developer, "POST", nowhere, request), NOT_FOUND);
    await server.manage(developer, "POST", `/api/v1/keys/revoke/${slot.slotId}`);
    const gone = { status: 409, json: { reason: "Key slot is revoked" } };
    t.match(await slot.post("rotate", request), gone);
    t.match(await slot.post("refresh", (await slot.makeRefresh(slot.share2, 3)).request), gone);
    t.equal((await slot.row()).share1, null, "a revoked slot gets no share again");
  });
});

await onAnyDatabase(t, "refresh", async (t, open) => {
  const secret = randomBytes(32);
  const oldKeys = createStorageKeys({ current: secret, old: [] });
  const db = await open();
  const server = await openTestApp(t, db, { overrides: { storageKeys: oldKeys } });
  const developer = await server.registered();
  const slot = await storeRotatedSlot({ ...server, storageKeys: oldKeys }, developer);
  const second = await slot.makeRefresh(slot.share2, 1);

  await t.test("changes both shares and keeps the key", async (t) => {
    const refreshed = { status: 200, json: { status: "refreshed", version: 2 } };
    t.same(await slot.post("refresh", second.request), refreshed);
    t.equal(await slot.keyWith(second.share2), "sk-first-0123456789");
    await t.rejects(slot.keyWith(slot.share2), "an old share 2 is worth nothing with the new share 1");
    const after = await slot.row();
    t.equal(after.commitment, second.request.vaultCommitment);
    t.equal(after.rotatedAt, null, "the provider key is the one that it was");
    t.same(await slot.post("refresh", second.request), refreshed, "a repeat answers the same");
    t.same(await slot.row(), after, "and is not done twice");
    t.same(await slot.post("refresh", (await slot.makeRefresh(second.share2, 1)).request), conflictAt(2));
  });

  await t.test("takes no mask but its own", async (t) => {
    const before = await slot.row();
    const make = (options: Parameters<typeof slot.makeRefresh>[2]) =>
      slot.makeRefresh(second.share2, 2, options);
    const cases = {
      "for another version": await make({ boundTo: { fromVersion: 1 } }),
      "for another slot": await make({ boundTo: { slotId: randomUUID() } }),
      "for another commitment": await make({ boundTo: { vaultCommitment: randomBytes(32) } }),
      "shorter than the share": await make({ maskBytes: 64 }),
      "longer than the share": await make({ maskBytes: 160 }),
      "of no bytes": await make({ maskBytes: 1 }),
    };
    for (const [name, { request }] of Object.entries(cases)) {
      t.same(await slot.post("refresh", request), NOT_OPENED, name);
    }
    const { request } = await make({ to: generateHpkeKeyPair().publicKey });
    t.same(await slot.post("refresh", request), {
      status: 422,
      json: { error: "Key reconstruction failed", reason: "Unknown transport key" },
    });
    const rotateBody = (await slot.makeRotate("sk-x", 2)).request;
    t.match(await slot.post("refresh", rotateBody), { status: 400 });
    t.same(await slot.row(), before, "and changes nothing");
    t.equal(await slot.keyWith(second.share2), "sk-first-0123456789");
  });

  await t.test("refuses a call that was proved against the version before", async (t) => {
    const call = {
      ...{ slotId: slot.slotId, appId: "my-app", grantVersion: 1 },
      ...{ expiresAt: Math.floor(Date.now() / 1000) + 60, caps: [] },
    };
    const burnAs = (slotVersion: number) =>
      burnNullifier(db, { ...call, slotVersion, nullifier: randomBytes(32) });
    t.equal((await burnAs(1)).outcome, "inactive");
    t.equal((await burnAs(2)).outcome, "burnt");
  });

  await t.test(
    "seals to the server's current key, and fails cleanly without the one of before",
    async (t) => {
      const before = await slot.row();
      const keys = createStorageKeys({ current: randomBytes(32), old: [secret] });
      const lost = createStorageKeys({ current: randomBytes(32), old: [] });
      const [later, without] = [
        await openTestApp(t, db, { overrides: { storageKeys: keys } }),
        await openTestApp(t, db, { overrides: { storageKeys: lost } }),
      ];
      const refreshAt = async (at: TestApp) => {
        const third = await slot.makeRefresh(second.share2, 2, { to: await transportKeyOf(at) });
        const answer = await at.manage(
          developer,
          "POST",
          `/api/v1/keys/${slot.slotId}/refresh`,
          third.request,
        );
        return { answer, share2: third.share2 };
      };
      t.same((await refreshAt(without)).answer, {
        status: 422,
        json: { error: "Key reconstruction failed" },
      });
      t.same(await slot.row(), before);
      const { answer, share2 } = await refreshAt(later);
      t.equal(answer.status, 200);
      t.same((await slot.row()).serverKeyId, keys.current.id);
      t.equal(await slot.keyWith(share2, keys), "sk-first-0123456789");
    },
  );
});
