import t from "tap";
import { CANARY_KEY, createMemoryVault, type MemoryVault } from "../../helpers/memory-vault.js";

const STORE = { apiKey: CANARY_KEY, provider: "openai", label: "x", apps: ["my-app"] } as const;

function sent(memory: MemoryVault, path: string): { body: string; nonce: string | undefined }[] {
  return memory.service.requests
    .filter((request) => request.path === path)
    .map(({ body, headers }) => ({
      body,
      nonce: /nonce="([^"]+)"/.exec(headers.get("signature-input") ?? "")?.[1],
    }));
}

void t.test("a developer is registered once, and remembered", async (t) => {
  const memory = await createMemoryVault(t);
  await memory.openVault();
  await memory.openVault();
  t.equal(sent(memory, "/api/v1/developers").length, 1);
});

void t.test("a registration that was interrupted is made up for", async (t) => {
  const memory = await createMemoryVault(t);
  memory.service.intercept((request, next) =>
    request.path === "/api/v1/developers" ? new Response("<html>", { status: 418 }) : next(),
  );
  await t.rejects(memory.openVault(), { code: "answer-unverified", status: 418 });
  memory.service.intercept(undefined);
  await memory.openVault();
  t.equal(memory.service.state.developers.size, 1);
});

void t.test(
  "an edge that takes no more registrations says when to come again, and is not asked at once",
  async (t) => {
    const memory = await createMemoryVault(t);
    let asked = 0;
    memory.service.intercept((request, next) => {
      if (request.path !== "/api/v1/developers") return next();
      asked++;
      return Response.json({ error: "Too many requests" }, { status: 429, headers: { "retry-after": "42" } });
    });
    await t.rejects(memory.openVault(), { code: "answer-unverified", status: 429, message: /again in 42 s/ });
    t.equal(asked, 1);
  },
);

void t.test("a server that has forgotten a developer is told again", async (t) => {
  const memory = await createMemoryVault(t);
  const vault = await memory.openVault();
  memory.service.state.developers.clear();
  t.same(await vault.keys.list(), []);
  t.equal(sent(memory, "/api/v1/developers").length, 2);
});

void t.test("a signature that is never accepted is an error that says so", async (t) => {
  const memory = await createMemoryVault(t);
  const vault = await memory.openVault();
  memory.service.intercept(() => Response.json({ error: "Unauthorized" }, { status: 401 }));
  await t.rejects(vault.keys.list(), { code: "unauthorized", status: 401, message: /clock/ });
});

void t.test("a store whose answers are lost is sent again: the same body under a new nonce", async (t) => {
  const memory = await createMemoryVault(t);
  const vault = await memory.openVault();
  let lost = 0;
  memory.service.intercept(async (request, next) => {
    const answer = await next();
    if (request.path !== "/api/v1/keys/store" || lost === 2) return answer;
    lost++;
    if (lost === 1) throw new TypeError("fetch failed");
    return new Response("bad gateway", { status: 502 });
  });
  const { keySlotId, bundles } = await vault.keys.store(STORE);
  const attempts = sent(memory, "/api/v1/keys/store");
  t.equal(attempts.length, 3);
  t.equal(new Set(attempts.map(({ body }) => body)).size, 1);
  t.equal(new Set(attempts.map(({ nonce }) => nonce)).size, 3);
  t.equal(memory.service.state.slots.size, 1);
  memory.service.intercept(undefined);
  const app = await memory.openApp(bundles["my-app"] ?? "");
  t.equal((await app.fetch("/v1/models")).status, 200, keySlotId);
});

void t.test("a store that never gets an answer names its slot, and its share is still here", async (t) => {
  const memory = await createMemoryVault(t);
  const vault = await memory.openVault();
  memory.service.intercept(async (request, next) => {
    await next();
    throw new TypeError(`fetch failed ${request.path}`);
  });
  const error = (await vault.keys.store(STORE).catch((cause: unknown) => cause)) as {
    code: string;
    keySlotId: string;
  };
  t.equal(error.code, "unreachable");
  t.equal(sent(memory, "/api/v1/keys/store").length, 3);
  memory.service.intercept(undefined);
  const { bundle } = await vault.apps.grant(error.keySlotId, "my-app");
  const app = await memory.openApp(bundle);
  t.equal((await app.fetch("/v1/models")).status, 200);
  t.equal(memory.service.state.executed[0]?.key, CANARY_KEY);
});

void t.test("an app's revocation whose answer is lost is sent again, and found done", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, app, keySlotId } = await memory.openStoredApp();
  const path = `/api/v1/keys/${keySlotId}/revoke-app`;
  const statuses: number[] = [];
  memory.service.intercept(async (request, next) => {
    const answer = await next();
    if (request.path !== path) return answer;
    statuses.push(answer.status);
    if (statuses.length === 1) throw new TypeError("fetch failed");
    return answer;
  });
  await vault.apps.revoke(keySlotId, "my-app");
  t.same(statuses, [200, 404]);
  t.equal(new Set(sent(memory, path).map(({ nonce }) => nonce)).size, 2);
  t.equal((await app.fetch("/v1/models")).status, 404, "opened before, first call after: no path");
});

void t.test("an app's revocation that never gets an answer is an error after three attempts", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, keySlotId } = await memory.openStoredApp();
  memory.service.intercept(() => {
    throw new TypeError("fetch failed");
  });
  await t.rejects(vault.apps.revoke(keySlotId, "my-app"), { code: "unreachable", keySlotId });
  t.equal(sent(memory, `/api/v1/keys/${keySlotId}/revoke-app`).length, 3);
});

void t.test("a repeated revocation that is refused for another reason is an error", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, keySlotId } = await memory.openStoredApp();
  for (const reason of ["Key slot is revoked", "nobody signed this"]) {
    let attempts = 0;
    memory.service.intercept((request, next) => {
      if (!request.path.endsWith("/revoke-app")) return next();
      if (++attempts === 1) return new Response("bad gateway", { status: 502 });
      if (reason === "Key slot is revoked") return next();
      return Response.json({ error: "Not found", reason: "App is not granted" }, { status: 404 });
    });
    const slot = memory.service.state.slots.get(keySlotId);
    if (slot !== undefined) slot.revoked = reason === "Key slot is revoked";
    await t.rejects(
      vault.apps.revoke(keySlotId, "my-app"),
      slot?.revoked ? { code: "refused", status: 409, reason } : { code: "answer-unverified", status: 404 },
    );
    t.equal(attempts, 2);
  }
});

void t.test("a refusal that the server signed comes with its words", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, keySlotId } = await memory.openStoredApp();
  await t.rejects(vault.apps.revoke(keySlotId, "nobody"), {
    code: "refused",
    status: 404,
    reason: "App is not granted",
    keySlotId,
  });
  const unknown = "00000000-0000-4000-8000-000000000000";
  await t.rejects(vault.keys.revoke(unknown), { code: "refused", status: 404 });
});

void t.test("a grant that the server refused leaves the app as it was", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, app, keySlotId } = await memory.openStoredApp();
  const slot = memory.service.state.slots.get(keySlotId);
  t.ok(slot);
  if (slot !== undefined) slot.revoked = true;
  await t.rejects(vault.apps.grant(keySlotId, "my-app"), { code: "refused", status: 409 });
  if (slot !== undefined) slot.revoked = false;
  t.equal((await app.fetch("/v1/models")).status, 200);
});

void t.test("a grant whose answer was lost is remembered, whatever its repeat is answered", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, keySlotId } = await memory.openStoredApp();
  const slot = memory.service.state.slots.get(keySlotId);
  let attempts = 0;
  memory.service.intercept(async (request, next) => {
    if (!request.path.endsWith("/grant")) return next();
    if (slot !== undefined) slot.revoked = ++attempts > 1;
    const answer = await next();
    if (attempts === 1) throw new TypeError("fetch failed");
    return answer;
  });
  await t.rejects(vault.apps.grant(keySlotId, "later"), { code: "refused", status: 409 });
  t.equal(attempts, 2);
  if (slot !== undefined) slot.revoked = false;
  const { bundles } = await vault.keys.rotate(keySlotId, { apiKey: "sk-another-key" });
  t.match(bundles, { later: /^vpb_/ });
});
