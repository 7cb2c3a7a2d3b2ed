import { randomUUID } from "node:crypto";
import t from "tap";
import { computeAppRoot, foldAppPath } from "@vaultproof/protocol/app-tree";
import { fieldFromHex, fieldToHex } from "@vaultproof/protocol/field";
import { onAnyDatabase } from "../../helpers/databases.js";
import { makeStoreRequest, randomField } from "../../helpers/store-request.js";
import { plainRequest, type TestDeveloper } from "../../helpers/signed-requests.js";
import { openTestApp, type TestApp } from "../../helpers/test-app.js";

const NOT_FOUND = { status: 404, json: { error: "Not found" } };

async function storeSlot(
  server: TestApp,
  developer: TestDeveloper,
  apps: { appId: string; leaf: string }[],
): Promise<string> {
  const storageKey = server.storageKeys.current.publicKey;
  const body = await makeStoreRequest({ developer, storageKey, members: { apps } });
  const { status } = await server.manage(developer, "POST", "/api/v1/keys/store", body);
  if (status !== 201) throw new Error(`store answered ${status}`);
  return body.keySlotId;
}

function rootOf(...leaves: (string | null)[]): string {
  const placed = leaves.flatMap((leaf, index) =>
    leaf === null ? [] : [{ index, leaf: fieldFromHex(leaf) }],
  );
  return fieldToHex(computeAppRoot(placed));
}

await onAnyDatabase(t, "slots", async (t, open) => {
  const server = await openTestApp(t, await open());
  const developer = await server.registered();
  const leaves = Array.from({ length: 6 }, randomField);
  const [a = "", b = "", c = "", d = ""] = leaves;
  const slotId = await storeSlot(server, developer, [
    { appId: "a", leaf: a },
    { appId: "b", leaf: b },
  ]);
  const post = (url: string, body?: unknown) => server.manage(developer, "POST", url, body);
  const path = (id: string, leaf: string) =>
    server.sendThroughEdge(plainRequest("GET", `/api/v1/keys/${id}/path?leaf=${leaf}`));

  await t.test("are listed with their grants, to their owner only", async (t) => {
    const mine = await server.manage(developer, "GET", "/api/v1/keys/list");
    t.match(mine, {
      status: 200,
      json: {
        keySlots: [
          {
            id: slotId,
            provider: "openai",
            label: "a key",
            status: "active",
            version: 1,
            createdAt: Number,
            appGrants: [
              { appId: "a", createdAt: Number },
              { appId: "b", createdAt: Number },
            ],
          },
        ],
      },
    });
    t.same(await server.manage(await server.registered(), "GET", "/api/v1/keys/list"), {
      status: 200,
      json: { keySlots: [], next: null },
    });
  });

  await t.test("take apps at the lowest free index and give them up", async (t) => {
    const grant = (appId: string, leaf: string) => post(`/api/v1/keys/${slotId}/grant`, { appId, leaf });
    t.same(await grant("c", c), {
      status: 201,
      json: { status: "granted", index: 2, appRoot: rootOf(a, b, c) },
    });
    t.same(await post(`/api/v1/keys/${slotId}/revoke-app`, { appId: "a" }), {
      status: 200,
      json: { status: "revoked", appRoot: rootOf(null, b, c) },
    });
    t.same(await grant("d", d), {
      status: 201,
      json: { status: "granted", index: 0, appRoot: rootOf(d, b, c) },
    });
    t.same(await grant("b", a), {
      status: 201,
      json: { status: "granted", index: 1, appRoot: rootOf(d, a, c) },
    });
    t.match(await post(`/api/v1/keys/${slotId}/revoke-app`, { appId: "never" }), { status: 404 });
    const limited = { appId: "e", leaf: b, restrictions: { sessions: {} } };
    t.match(await post(`/api/v1/keys/${slotId}/grant`, limited), {
      status: 422,
      json: { reason: /sessions/ },
    });
  });

  await t.test("tell the path of a leaf to whoever knows it", async (t) => {
    const answer = await path(slotId, c);
    t.equal(answer.status, 200);
    const { index, siblings, appRoot } = answer.json as {
      index: number;
      siblings: string[];
      appRoot: string;
    };
    t.equal(index, 2);
    t.equal(appRoot, rootOf(d, a, c));
    t.equal(fieldToHex(foldAppPath(fieldFromHex(c), index, siblings.map(fieldFromHex))), appRoot);
  });

  await t.test(
    "tell the new path once an app was granted, and the old one once it is gone again",
    async (t) => {
      const rootNow = async () => ((await path(slotId, c)).json as { appRoot: string }).appRoot;
      await post(`/api/v1/keys/${slotId}/grant`, { appId: "f", leaf: b });
      t.equal(await rootNow(), rootOf(d, a, c, b));
      await post(`/api/v1/keys/${slotId}/revoke-app`, { appId: "f" });
      t.equal(await rootNow(), rootOf(d, a, c));
    },
  );

  await t.test("answer everything else about paths in one way", async (t) => {
    const revoked = await storeSlot(server, developer, [{ appId: "x", leaf: c }]);
    await post(`/api/v1/keys/revoke/${revoked}`);
    const bodies = new Set<string>();
    for (const url of [
      `/api/v1/keys/${slotId}/path`,
      `/api/v1/keys/${slotId}/path?leaf=`,
      `/api/v1/keys/${slotId}/path?leaf=${b}`,
      `/api/v1/keys/${slotId}/path?leaf=${c.toUpperCase()}`,
      `/api/v1/keys/${slotId}/path?leaf=${c}&leaf=${c}`,
      `/api/v1/keys/${slotId}/path?leaf=${"0".repeat(64)}`,
      `/api/v1/keys/${randomUUID()}/path?leaf=${c}`,
      `/api/v1/keys/not-a-uuid/path?leaf=${c}`,
      `/api/v1/keys/${revoked}/path?leaf=${c}`,
    ]) {
      const answer = await server.sendThroughEdge(plainRequest("GET", url));
      t.equal(answer.status, 404, url);
      bodies.add(answer.body.toString());
    }
    t.equal(bodies.size, 1);
  });

  await t.test("of somebody else answer like slots that are not there", async (t) => {
    const stranger = await server.registered();
    for (const id of [slotId, randomUUID(), "not-a-uuid"]) {
      const as = (url: string, body?: unknown) => server.manage(stranger, "POST", url, body);
      t.same(await as(`/api/v1/keys/revoke/${id}`), NOT_FOUND, id);
      t.same(await as(`/api/v1/keys/${id}/grant`, { appId: "z", leaf: randomField() }), NOT_FOUND, id);
      t.same(await as(`/api/v1/keys/${id}/revoke-app`, { appId: "b" }), NOT_FOUND, id);
    }
    t.equal((await path(slotId, c)).status, 200, "the slot is as it was");
  });

  await t.test("are revoked for good", async (t) => {
    const gone = { status: 409, json: { reason: "Key slot is revoked" } };
    t.same(await post(`/api/v1/keys/revoke/${slotId}`), { status: 200, json: { status: "revoked" } });
    t.same(await post(`/api/v1/keys/revoke/${slotId}`, {}), { status: 200, json: { status: "revoked" } });
    t.match(await post(`/api/v1/keys/${slotId}/grant`, { appId: "z", leaf: randomField() }), gone);
    t.match(await post(`/api/v1/keys/${slotId}/revoke-app`, { appId: "b" }), gone);
    t.equal((await path(slotId, c)).status, 404);
    const { rows } = await server.db.query<{ share1_encrypted: unknown }>({
      text: "SELECT share1_encrypted FROM key_slots WHERE id = $1",
      values: [slotId],
    });
    t.equal(rows[0]?.share1_encrypted, null, "share 1 is gone from the row");
  });
});

await onAnyDatabase(t, "a full slot", async (t, open) => {
  const server = await openTestApp(t, await open());
  const developer = await server.registered();
  const apps = Array.from({ length: 1024 }, (_, i) => ({ appId: `app-${i}`, leaf: randomField() }));
  const slotId = await storeSlot(server, developer, apps);
  const grant = (appId: string) =>
    server.manage(developer, "POST", `/api/v1/keys/${slotId}/grant`, { appId, leaf: randomField() });
  t.match(await grant("one-more"), {
    status: 409,
    json: { error: "Key slot has no free place for another app" },
  });
  t.match(await grant("app-7"), { status: 201, json: { index: 7 } }, "an app that is in may be granted anew");
  const last = apps[1023]?.leaf ?? "";
  const url = `/api/v1/keys/${slotId}/path?leaf=${last}`;
  t.match(await server.sendThroughEdge(plainRequest("GET", url)), { status: 200, json: { index: 1023 } });
});
