import { parseBundle } from "@vaultproof/protocol/bundle";
import { toBase64 } from "@vaultproof/protocol/encoding";
import { VaultProof, VaultProofError, type VaultProofEvent } from "@vaultproof/sdk";
import t from "tap";
import { CANARY_KEY, createMemoryVault } from "../../helpers/memory-vault.js";

void t.test("a stored key reaches the provider, and only there", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, app, keySlotId, bundle } = await memory.openStoredApp();

  const response = await app.fetch("/v1/models");
  t.same(await response.json(), { ok: true });
  t.equal(response.headers.get("vp-source"), "upstream");
  t.match(memory.service.state.executed, [{ method: "GET", targetPath: "/v1/models", key: CANARY_KEY }]);

  const { share2, slotSecret, appSecret } = parseBundle(bundle);
  const traffic = memory.service.requests.map(
    ({ path, headers, body }) => `${path} ${JSON.stringify([...headers])} ${body}`,
  );
  const secrets = [
    CANARY_KEY,
    toBase64(Buffer.from(CANARY_KEY)),
    Buffer.from(CANARY_KEY).toString("hex"),
    toBase64(share2),
    Buffer.from(share2).toString("hex"),
    slotSecret.toString(16),
    appSecret.toString(16),
    memory.developerKey,
  ];
  for (const secret of secrets) t.notOk(traffic.join("\n").includes(secret));

  const [listed] = await vault.keys.list();
  t.match(listed, { id: keySlotId, provider: "openai", label: "a key", status: "active" });
  t.match(listed?.appGrants, [{ appId: "my-app" }]);
});

void t.test("each call is its own: another nullifier, another proof", async (t) => {
  const memory = await createMemoryVault(t);
  const { app } = await memory.openStoredApp();
  await Promise.all([app.fetch("/v1/models"), app.fetch("/v1/models"), app.fetch("/v1/models")]);
  t.equal(new Set(memory.service.state.executed.map(({ nullifier }) => nullifier)).size, 3);
  const paths = memory.service.requests.filter(({ path }) => path.includes("/path?"));
  t.equal(paths.length, 1, "the path is fetched once for all");
});

void t.test("the observer is shown the JSON that is sent", async (t) => {
  const memory = await createMemoryVault(t);
  const events: VaultProofEvent[] = [];
  const vault = await memory.openVault({ observe: (event) => events.push(event) });
  await vault.keys.store({ apiKey: CANARY_KEY, provider: "openai", label: "x", apps: ["a"] });
  const seen = events.find((event) => event.type === "request" && event.url.endsWith("/keys/store"));
  const sent = memory.service.requests.find(({ path }) => path === "/api/v1/keys/store");
  t.ok(sent);
  t.match(seen, { method: "POST", body: sent?.body });
});

void t.test("the bytes of a key are wiped, whether it could be stored or not", async (t) => {
  const memory = await createMemoryVault(t);
  const vault = await memory.openVault();
  const stored = new TextEncoder().encode(CANARY_KEY);
  await vault.keys.store({ apiKey: stored, provider: "openai", label: "x", apps: [] });
  t.ok(stored.every((byte) => byte === 0));
  const refused = new TextEncoder().encode("has a space");
  await t.rejects(vault.keys.store({ apiKey: refused, provider: "openai", label: "x", apps: [] }), {
    code: "invalid-argument",
    message: /apiKey/,
  });
  t.ok(refused.every((byte) => byte === 0));
});

void t.test("mistakes are named before anything is sent", async (t) => {
  const memory = await createMemoryVault(t);
  const vault = await memory.openVault();
  const before = memory.service.requests.length;
  const good = { apiKey: CANARY_KEY, provider: "openai", label: "x", apps: ["a"] } as const;
  const cases = [
    [{ ...good, apps: ["a", "a"] }, /twice/],
    [{ ...good, apps: ["not an id"] }, /apps: 0: appId/],
    [{ ...good, label: "" }, /label/],
    [{ ...good, provider: "custom" as const }, /baseUrl/],
    [{ ...good, provider: "opnai" as "openai" }, /one of openai, .*custom/],
    [{ ...good, baseUrl: "https://api.openai.com/v1" }, /origin only/],
    [{ ...good, restrictions: { nonsense: 1 } as object }, /nonsense/],
    [{ ...good, apiKey: undefined as unknown as string }, /apiKey/],
    [{ ...good, apiKey: 5 as unknown as string }, /apiKey/],
    [{ ...good, apps: undefined as unknown as string[] }, /apps/],
    [{ ...good, apps: "a" as unknown as string[] }, /apps/],
    [{ ...good, apps: [1] as unknown as string[] }, /apps/],
  ] as const;
  for (const [options, message] of cases) {
    await t.rejects(vault.keys.store(options), { code: "invalid-argument", message });
  }
  await t.rejects(vault.keys.revoke("../list"), { code: "invalid-argument" });
  await t.rejects(vault.apps.grant("x", "a"), { code: "invalid-argument" });
  await t.rejects(vault.apps.revoke("x", "a"), { code: "invalid-argument" });
  for (const bundle of [undefined, "", "vpb_x"] as string[]) {
    await t.rejects(memory.openApp(bundle), { code: "invalid-argument", message: /bundle/ });
  }
  t.equal(memory.service.requests.length, before);
  const kind = "prod" as "live";
  t.throws(() => VaultProof.generateDeveloperKey(kind), { code: "invalid-argument" });
});

void t.test("grant, revoke an app, revoke the key", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, app, keySlotId, bundle } = await memory.openStoredApp();
  const { bundle: second } = await vault.apps.grant(keySlotId, "second");
  const other = await memory.openApp(second);
  t.equal((await app.fetch("/v1/models")).status, 200);
  t.equal((await other.fetch("/v1/models")).status, 200);

  await vault.apps.revoke(keySlotId, "my-app");
  const refused = await app.fetch("/v1/models");
  t.equal(refused.status, 403);
  t.equal(refused.headers.get("vp-source"), "vaultproof");
  t.same(await refused.json(), { error: "Invalid ZK proof", reason: "Proof verification failed" });
  t.equal((await other.fetch("/v1/models")).status, 200, "the other app is proved under the new root");
  const fresh = await memory.openApp(bundle);
  t.equal((await fresh.fetch("/v1/models")).headers.get("vp-source"), "vaultproof");

  await vault.keys.revoke(keySlotId);
  t.equal((await other.fetch("/v1/models")).status, 403);
  await t.rejects(vault.apps.grant(keySlotId, "third"), { code: "state-missing", keySlotId });
  t.equal(memory.service.state.executed.length, 3);
});

void t.test("a second grant of an app replaces its bundle", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, app, keySlotId } = await memory.openStoredApp();
  const { bundle } = await vault.apps.grant(keySlotId, "my-app");
  t.equal((await (await memory.openApp(bundle)).fetch("/v1/models")).status, 200);
  t.not((await app.fetch("/v1/models")).status, 200);
});

void t.test("a closed client is closed", async (t) => {
  const memory = await createMemoryVault(t);
  const { vault, app } = await memory.openStoredApp();
  await app.close();
  await vault.close();
  await t.rejects(app.fetch("/v1/models"), { code: "closed" });
  await t.rejects(vault.keys.list(), { code: "closed" });
});

void t.test("developer keys are of their kind and all different", (t) => {
  t.match(VaultProof.generateDeveloperKey("live"), /^vp_live_[0-9A-Za-z]{49}$/);
  t.match(VaultProof.generateDeveloperKey("test"), /^vp_test_[0-9A-Za-z]{49}$/);
  t.not(VaultProof.generateDeveloperKey("test"), VaultProof.generateDeveloperKey("test"));
  t.end();
});

void t.test("errors carry a code", (t) => {
  const error = new VaultProofError("refused", "no", { status: 409 });
  t.match(error, {
    name: "VaultProofError",
    code: "refused",
    status: 409,
    message: /refused the request: no/,
  });
  t.end();
});
