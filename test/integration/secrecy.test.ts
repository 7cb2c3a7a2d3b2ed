import { hkdfSync, randomBytes } from "node:crypto";
import { openPglite } from "@vaultproof/db/pglite";
import { openPostgres } from "@vaultproof/db/postgres";
import type { Database } from "@vaultproof/db/database";
import { parseBundle } from "@vaultproof/protocol/bundle";
import { deriveDeveloperIdentity, parseDeveloperKey } from "@vaultproof/protocol/developer-key";
import { destinationDigest } from "@vaultproof/protocol/destination";
import { resolveDestination } from "@vaultproof/protocol/providers";
import { splitKey } from "@vaultproof/protocol/record";
import type { Restrictions } from "@vaultproof/protocol/restrictions";
import { createNodeProver, type Prover, type VaultProof } from "@vaultproof/sdk";
import t, { type Test } from "tap";
import { dumpTables, pgDump } from "../helpers/database-dump.js";
import { postgresSkipReason } from "../helpers/databases.js";
import { openDevice, readFolder, type Device } from "../helpers/device.js";
import { keyList, makeBackendKey } from "../helpers/identity-keys.js";
import { openCallMaker, sendCall } from "../helpers/proved-calls.js";
import { startRecordingProxy, type RecordingProxy } from "../helpers/recording-proxy.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { openApp, storeProviderKey } from "../helpers/sdk-clients.js";
import { createSecretSearch, type Secret } from "../helpers/secret-search.js";
import { identityKey, identityOf } from "../helpers/server-document.js";
import { startStack, type Stack } from "../helpers/stack.js";
import { makeUnsentCall, sendCallBody } from "../helpers/unsent-calls.js";

// Everything that the database, the logs and the wire have seen of a developer's and an app's life is searched for
// what they must never hold.

/** Where to look, by name. */
type Places = ReadonlyMap<string, Buffer>;

/** What only the caller and the provider may read; it goes over the wire, and must not stay anywhere. */
interface Canaries {
  readonly prompt: string;
  readonly completion: string;
  readonly query: string;
  readonly credential: string;
  /** Of a user, in `auth`. */
  readonly token: string;
}

const skip = findReferenceString() === undefined && noReferenceString;

for (const database of ["pglite", "postgres"] as const) {
  const reason = skip || (database === "postgres" && (await postgresSkipReason()));
  void t.test(`nothing leaks on ${database}`, { skip: reason }, (t) => searchEverything(t, database));
}

async function searchEverything(t: Test, database: "pglite" | "postgres"): Promise<void> {
  const stack = await startStack({ database, providerKey: `sk-${randomBytes(48).toString("base64url")}` });
  t.teardown(() => stack.close());
  const beforeServer = await startRecordingProxy(t, stack.servers[0]?.url ?? "");
  const edge = await stack.startEdge(beforeServer.url);
  const beforeEdge = await startRecordingProxy(t, edge.url);
  const prover = await createNodeProver({ lanes: 1 });
  t.teardown(() => prover.close());
  const canaries = makeCanaries();

  const device = await openDevice(t, { url: beforeEdge.url, identity: stack.identity });
  const life = await liveALife(t, { stack, device, prover, url: beforeEdge.url, canaries });
  t.ok(
    stack.provider.requests.some(({ headers }) => headers.authorization === `Bearer ${stack.provider.key}`),
    "the provider, and nobody else, was shown the key",
  );
  const secrets = [...life.secrets, ...serverSecrets(stack)];
  const search = createSecretSearch(secrets);
  const searchWithCanaries = createSecretSearch([...secrets, ...asSecrets(canaries)]);

  await t.test("HTTP traffic", async (t) => {
    for (const [where, proxy] of Object.entries({ beforeEdge, beforeServer })) {
      assertNothing(t, search, proxy.traffic(), where);
      assertIsWhole(t, proxy);
      await fetch(`${proxy.url}/health?${Buffer.from(stack.provider.key).toString("base64url")}`);
      assertPlanted(t, search, proxy.traffic(), where);
    }
  });
  await t.test("device state", async (t) => {
    const files = await device.files();
    t.ok(files.size >= 3, "there is state to search");
    assertNothing(t, search, files, "the device");
  });
  await t.test("logs", (t) => {
    const logs = stack.logs();
    t.ok(logs.split("\n").length > 20, "there are logs to search");
    t.match(logs, /"level":\s*20|"level":\s*10/, "down to the lowest levels");
    assertNothing(t, searchWithCanaries, new Map([["logs", Buffer.from(logs)]]), "the logs");
    t.end();
  });
  await Promise.all([...stack.servers, ...stack.edges].map(({ child }) => child.stop("SIGTERM")));
  await t.test("database", (t) => searchDatabase(t, { stack, life, search: searchWithCanaries }));
}

/** Store, list, grant, call, refuse, revoke: whatever makes a secret pass through something. */
async function liveALife(
  t: Test,
  about: { stack: Stack; device: Device; prover: Prover; url: string; canaries: Canaries },
): Promise<{ secrets: Secret[]; keySlotId: string }> {
  const { stack, device, prover, url, canaries } = about;
  const { vault } = device;
  const { keySlotId, bundles } = await storeProviderKey(vault, stack, ["my-app", "other-app"]);
  const [bundle = "", otherBundle = ""] = bundles;
  await vault.keys.list();
  const { bundle: granted } = await vault.apps.grant(keySlotId, "third-app", { paths: ["/v1/models"] });
  const app = await openApp(t, { url, bundle, prover });
  const third = await openApp(t, { url, bundle: granted, prover });

  t.equal((await app.fetch("/v1/models")).status, 200);
  t.equal((await third.fetch("/v1/models")).status, 200);
  t.equal((await third.fetch("/v1/files")).status, 403, "a restriction");
  stack.provider.respond((_request, response) => response.end(canaries.completion));
  const prompt = { method: "POST", body: JSON.stringify({ prompt: canaries.prompt }) };
  const answer = await app.fetch(`/v1/echo?q=${canaries.query}`, prompt);
  t.equal(await answer.text(), canaries.completion);
  stack.provider.respond((_request, response) => response.destroy());
  t.equal((await app.fetch("/v1/echo", prompt)).status, 502);
  stack.provider.respond(undefined);

  await sendTokens(t, { vault, keySlotId, url, prover, token: canaries.token });
  const call = await makeUnsentCall({ url, bundle, prover, path: "/v1/models" });
  t.equal((await sendCallBody(url, { ...call, targetPath: `/v1/${canaries.query}` })).status, 403);
  t.equal((await sendCallBody(url, call)).status, 200);
  t.equal((await sendCallBody(url, call)).status, 403);
  await assertRefusesSecretsInWrongPlaces(t, { url, canaries });
  await assertTakesShareInClear(t, { stack, bundle, prover });
  // Bytes that are no key of anybody's any more, so that the error path of storing is walked as well.
  const refused = vault.keys.store({
    ...{ apiKey: stack.provider.key, provider: "custom", baseUrl: "https://192.0.2.1:1", label: "refused" },
    ...{ apps: ["my-app"], restrictions: { perMinute: 1 } },
  });
  await t.rejects(refused, { code: "refused" });
  await vault.apps.revoke(keySlotId, "other-app");
  const other = await openApp(t, { url, bundle: otherBundle, prover });
  t.not((await other.fetch("/v1/models")).status, 200, "a revoked app");
  t.equal((await vault.keys.list()).length, 1);
  return { keySlotId, secrets: secretsOf(t, { stack, device, bundles: [bundle, otherBundle, granted] }) };
}

/** Words of a developer's backend, which a call may carry unasked and which are looked at where they are asked for. */
async function sendTokens(
  t: Test,
  about: { vault: VaultProof; keySlotId: string; url: string; prover: Prover; token: string },
): Promise<void> {
  const { vault, keySlotId, url, prover, token } = about;
  const keys = keyList(makeBackendKey("EdDSA"));
  const auth = { identityToken: token, idSignature: token };
  const cases: [string, Restrictions, number][] = [
    ["with-unasked", {}, 200],
    ["with-forged", { identity: { accept: ["idSignature"], keys } }, 403],
  ];
  for (const [appId, restrictions, status] of cases) {
    const { bundle } = await vault.apps.grant(keySlotId, appId, restrictions);
    const app = await openApp(t, { url, bundle, prover, ...auth });
    t.equal((await app.fetch("/v1/models")).status, status, appId);
  }
}

/** A share in clear is a person's with curl, through an edge whose traffic is not searched: the sender put it there. */
async function assertTakesShareInClear(
  t: Test,
  { stack, bundle, prover }: { stack: Stack; bundle: string; prover: Prover },
): Promise<void> {
  const maker = await openCallMaker({ edgeUrl: stack.edgeUrl, bundle, prover });
  const [call] = await maker.make(1, "clear");
  if (call === undefined) throw new Error("no call was made");
  t.match(call.body, `"share2":"${Buffer.from(parseBundle(bundle).share2).toString("base64")}"`);
  t.equal((await sendCall(stack.edgeUrl, call)).status, 200);
  t.equal((await sendCall(stack.edgeUrl, call)).status, 403);
}

async function assertRefusesSecretsInWrongPlaces(
  t: Test,
  { url, canaries }: { url: string; canaries: Canaries },
): Promise<void> {
  const { credential, query } = canaries;
  const headers = {
    authorization: `Bearer ${credential}`,
    "x-api-key": credential,
    cookie: `session=${credential}`,
    "content-type": "application/json",
  };
  for (const [path, body] of [
    ["/api/v1/proxy/call", { apiKey: credential }],
    ["/api/v1/proxy/call", { keySlotId: credential, share2: credential, zkProof: credential }],
    ["/api/v1/proxy/call", { auth: { accessToken: credential, idSignature: [credential] } }],
    ["/api/v1/keys/store", { apiKey: credential }],
    [`/api/v1/keys/list?token=${query}`, { developerKey: credential }],
    ["/api/v1/developers", { publicKey: credential, label: credential }],
  ] as const) {
    const answer = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
    t.ok(answer.status >= 400 && answer.status < 500, `${path} ${answer.status}`);
    t.notMatch(await answer.text(), credential, "a refusal does not repeat what it refuses");
  }
  const path = `/api/v1/keys/00000000-0000-4000-8000-000000000000/path?leaf=${query}`;
  t.equal((await fetch(url + path)).status, 404);
}

function secretsOf(t: Test, about: { stack: Stack; device: Device; bundles: readonly string[] }): Secret[] {
  const { stack, device, bundles } = about;
  const key = parseDeveloperKey(device.developerKey);
  const identity = deriveDeveloperIdentity(key);
  const info = "vaultproof developer identity v1";
  const seed = Buffer.from(hkdfSync("sha256", key.secret, "", info, 32));
  const publicKey = Buffer.from(identity.publicKey).toString("base64url");
  t.equal(identityOf(identityKey(seed)), publicKey, "this is the developer's private key");

  const [app, ...others] = bundles.map(parseBundle);
  if (app === undefined) throw new Error("no bundle");
  const destination = destinationDigest(
    resolveDestination({ provider: "custom", baseUrl: app.providerOrigin }),
  );
  const providerKey = Buffer.from(stack.provider.key);
  const binding = { slotId: app.slotId, developerPublicKey: identity.publicKey, destination };
  const { share1 } = splitKey(providerKey, binding, (bytes) => bytes.set(app.share2));
  return [
    { name: "the provider key", bytes: providerKey },
    { name: "the developer key", bytes: Buffer.from(device.developerKey) },
    { name: "the developer key's bytes", bytes: key.secret },
    { name: "the developer's private key", bytes: seed },
    { name: "share 1", bytes: share1 },
    { name: "share 2", bytes: app.share2 },
    { name: "the slot secret", bytes: fieldSecret(app.slotSecret) },
    ...[app, ...others].map(({ appId, appSecret }) => ({
      name: `the secret of ${appId}`,
      bytes: fieldSecret(appSecret),
    })),
    ...bundles.map((bundle) => ({ name: "a bundle", bytes: Buffer.from(bundle) })),
  ];
}

/** What the operator alone has. */
function serverSecrets({ serverEnv, edgeSecrets }: Stack): Secret[] {
  return [
    {
      name: "SERVER_ENCRYPTION_KEY",
      bytes: Buffer.from(serverEnv.SERVER_ENCRYPTION_KEY ?? "", "base64"),
    },
    { name: "SERVER_IDENTITY_KEY", bytes: Buffer.from(serverEnv.SERVER_IDENTITY_KEY ?? "", "base64") },
    { name: "the edge secret", bytes: Buffer.from(edgeSecrets.split(":")[1] ?? "", "base64") },
  ];
}

async function searchDatabase(
  t: Test,
  about: {
    stack: Stack;
    life: { keySlotId: string };
    search: ReturnType<typeof createSecretSearch>;
  },
): Promise<void> {
  const { stack, life, search } = about;
  const look = async (): Promise<Places> => {
    if (stack.databaseUrl === undefined) return await readFolder(stack.dataDir);
    const dump = await pgDump(stack.databaseUrl);
    if (dump === undefined && process.env.CI !== undefined) throw new Error("pg_dump is missing");
    return new Map(dump === undefined ? [] : [["pg_dump", dump]]);
  };
  assertNothing(t, search, await look(), "the files, or pg_dump");
  const db: Database =
    stack.databaseUrl === undefined
      ? await openPglite({ dataDir: stack.dataDir })
      : await openPostgres({ url: stack.databaseUrl, max: 1 });
  try {
    const tables = await dumpTables(db);
    t.ok((tables.get("table key_slots")?.length ?? 0) > 500, "there is a slot to search");
    t.ok([...tables].some(([name, { length }]) => name.startsWith("table call_log") && length > 0));
    assertNothing(t, search, tables, "the tables");
    // As bytes and as text: this is what a leak would look like.
    const text =
      "UPDATE key_slots SET server_key_id = server_key_id, label = $2, share1_encrypted = $3 WHERE id = $1";
    const key = Buffer.from(stack.provider.key);
    await db.query({ text, values: [life.keySlotId, key.toString("base64"), key] });
    assertPlanted(t, search, await dumpTables(db), "the tables");
  } finally {
    await db.close();
  }
  const places = await look();
  if (places.size > 0) assertPlanted(t, search, places, "the files, or pg_dump");
}

function assertNothing(
  t: Test,
  search: ReturnType<typeof createSecretSearch>,
  places: Places,
  where: string,
): void {
  const found = [...places].flatMap(([name, bytes]) => search(bytes).map((secret) => `${name}: ${secret}`));
  t.same(found, [], `nothing in ${where}`);
}

function assertPlanted(
  t: Test,
  search: ReturnType<typeof createSecretSearch>,
  places: Places,
  where: string,
): void {
  const found = new Set([...places.values()].flatMap(search));
  t.match([...found].join(), "the provider key", `a key planted in ${where} is found`);
}

/** That the recording holds the requests and answers that it is searched for. */
function assertIsWhole(t: Test, proxy: RecordingProxy): void {
  const all = Buffer.concat([...proxy.traffic().values()]).toString("latin1");
  for (const part of [
    "POST /api/v1/keys/store",
    '"share1_encrypted":"0x',
    '"status":"stored"',
    "GET /api/v1/keys/list",
    '{"keySlots":',
    "POST /api/v1/proxy/call",
    '"share2_encrypted":"0x',
    "vp-source: upstream",
    "replay detected",
  ]) {
    t.ok(all.includes(part), part);
  }
  t.notOk(/content-encoding: *(?:gzip|br|deflate|zstd)/i.test(all), "and nothing in it is compressed");
}

function makeCanaries(): Canaries {
  const canary = (): string => randomBytes(24).toString("hex");
  return { prompt: canary(), completion: canary(), query: canary(), credential: canary(), token: canary() };
}

function asSecrets(canaries: Canaries): Secret[] {
  return Object.entries(canaries).map(([name, text]) => ({
    name: `the canary ${name}`,
    bytes: Buffer.from(text as string),
  }));
}

/** The 31 bytes of a field secret: as 32 bytes or 64 digits it has zeros before it. */
function fieldSecret(secret: bigint): Buffer {
  return Buffer.from(secret.toString(16).padStart(62, "0"), "hex");
}
