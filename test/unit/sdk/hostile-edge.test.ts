import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { computeAppPath } from "@vaultproof/protocol/app-tree";
import { toBase64Url } from "@vaultproof/protocol/encoding";
import { fieldToHex } from "@vaultproof/protocol/field";
import { generateHpkeKeyPair } from "@vaultproof/server/keys/hpke-open";
import t from "tap";
import { createFakeVaultProof, type FakeRequest } from "../../helpers/fake-vaultproof.js";
import { CANARY_KEY, createMemoryVault, type MemoryVault } from "../../helpers/memory-vault.js";

const STORE = { apiKey: CANARY_KEY, provider: "openai", label: "x", apps: ["my-app"] } as const;

function serveDocument(memory: MemoryVault, document: () => unknown): void {
  memory.service.intercept((request, next) =>
    request.path === "/.well-known/vaultproof" ? Response.json(document()) : next(),
  );
}

/** Answers requests to `path` in the server's place. */
function answerInstead(memory: MemoryVault, path: string, answer: (request: FakeRequest) => Response): void {
  memory.service.intercept((request, next) => (request.path.includes(path) ? answer(request) : next()));
}

void t.test("a document that is not the server's own is refused, whatever was done to it", async (t) => {
  const memory = await createMemoryVault(t);
  const { bundle } = await memory.openStoredApp();
  const { service } = memory;
  const hex = randomBytes(32).toString("hex");
  const other = createFakeVaultProof(() => false);
  const keys = [{ publicKey: toBase64Url(generateHpkeKeyPair().publicKey), notAfter: 2_000_000_000 }];
  const cases: [string, () => unknown, string][] = [
    [
      "storage key replaced",
      () => ({ ...service.document(), storageKey: keys[0]?.publicKey }),
      "document-invalid",
    ],
    ["transport keys replaced", () => ({ ...service.document(), transportKeys: keys }), "document-invalid"],
    ["time prolonged", () => ({ ...service.document(), notAfter: 4_000_000_000 }), "document-invalid"],
    ["a member added", () => ({ ...service.document(), more: 1 }), "document-invalid"],
    ["signature cut", () => ({ ...service.document(), signature: "AAAA" }), "document-invalid"],
    ["signature no base64", () => ({ ...service.document(), signature: "§" }), "document-invalid"],
    ["a member missing", () => ({ ...service.document(), storageKey: undefined }), "document-invalid"],
    ["no object", () => null, "document-invalid"],
    ["of another server", () => other.document(), "identity-changed"],
    [
      "identity of the server, keys of another",
      () => ({ ...other.document(), identity: service.document().identity }),
      "document-invalid",
    ],
    ["expired", () => service.document({ notAfter: service.state.clock() - 1 }), "document-expired"],
    [
      "another program",
      () => service.document({ circuit: { program: hex, verificationKey: hex } }),
      "circuit-mismatch",
    ],
    [
      "another reference string",
      () => service.document({ crs: { points: 1025, g1: hex, g2: hex } }),
      "circuit-mismatch",
    ],
  ];
  for (const [name, document, code] of cases) {
    serveDocument(memory, document);
    await t.rejects(memory.openVault(), { code }, `${name}: developer`);
    await t.rejects(memory.openApp(bundle), { code }, `${name}: app`);
  }
});

void t.test("a document that cannot be had is an error that says what came", async (t) => {
  const memory = await createMemoryVault(t);
  answerInstead(memory, "well-known", () => new Response("<html>", { status: 502 }));
  await t.rejects(memory.openVault(), { code: "document-invalid", status: 502 });
  answerInstead(memory, "well-known", () => new Response("<html>"));
  await t.rejects(memory.openVault(), { code: "document-invalid", message: /not JSON/ });
});

void t.test("a faked 201 is not believed: no bundle, nothing counted as stored", async (t) => {
  const memory = await createMemoryVault(t);
  const vault = await memory.openVault();
  answerInstead(memory, "/keys/store", ({ body }) => {
    const { keySlotId } = JSON.parse(body) as { keySlotId: string };
    return Response.json({ keySlotId, status: "stored", version: 1 }, { status: 201 });
  });
  await t.rejects(vault.keys.store(STORE), { code: "answer-unverified", status: 201 });
});

void t.test("a signed answer to another request is not believed", async (t) => {
  const memory = await createMemoryVault(t);
  const vault = await memory.openVault();
  const { keySlotId } = await vault.keys.store(STORE);
  const { keySlotId: second } = await vault.keys.store(STORE);
  let recorded: Response | undefined;
  memory.service.intercept(async (_, next) => {
    recorded = await next();
    return recorded.clone();
  });
  await vault.keys.revoke(keySlotId);
  answerInstead(memory, "/keys/revoke/", () => recorded?.clone() ?? Response.error());
  await t.rejects(vault.keys.revoke(second), { code: "answer-unverified" });
  t.notOk(memory.service.state.slots.get(second)?.revoked);
});

void t.test("an answer altered in body or status is not believed", async (t) => {
  const memory = await createMemoryVault(t);
  const vault = await memory.openVault();
  const { keySlotId } = await vault.keys.store(STORE);
  memory.service.intercept(async (_, next) => {
    const { headers } = await next();
    return Response.json({ keySlots: [] }, { headers });
  });
  await t.rejects(vault.keys.list(), { code: "answer-unverified" });
  memory.service.intercept(async (_, next) => {
    const answer = await next();
    return new Response(answer.body, { status: 202, headers: answer.headers });
  });
  await t.rejects(vault.keys.list(), { code: "answer-unverified", status: 202 });
  memory.service.intercept(async (_, next) => {
    const answer = await next();
    answer.headers.delete("signature");
    return answer;
  });
  await t.rejects(vault.keys.revoke(keySlotId), { code: "answer-unverified" });
});

void t.test("a faked revocation leaves the device's state alone", async (t) => {
  const memory = await createMemoryVault(t);
  const vault = await memory.openVault();
  const { keySlotId } = await vault.keys.store(STORE);
  const folder = join(memory.stateDir, vault.developerId);
  const before = await readdir(folder);
  memory.service.intercept((request, next) =>
    request.path.includes("revoke") ? Response.json({ status: "revoked", appRoot: "0".repeat(64) }) : next(),
  );
  await t.rejects(vault.keys.revoke(keySlotId), { code: "answer-unverified", keySlotId });
  await t.rejects(vault.apps.revoke(keySlotId, "my-app"), { code: "answer-unverified" });
  t.same(await readdir(folder), before);
  memory.service.intercept(undefined);
  await vault.apps.grant(keySlotId, "still-works");
});

void t.test("an altered path is an error that says so, and nothing is proved", async (t) => {
  const memory = await createMemoryVault(t);
  const { app } = await memory.openStoredApp();
  const alter = (change: (path: Record<string, unknown>) => Record<string, unknown>): void =>
    memory.service.intercept(async (request, next) => {
      const answer = await next();
      if (!request.path.includes("/path?")) return answer;
      return Response.json(change((await answer.json()) as Record<string, unknown>));
    });
  const changes: ((path: Record<string, unknown>) => Record<string, unknown>)[] = [
    (path) => ({ ...path, index: 1 }),
    (path) => ({ ...path, appRoot: "1".repeat(64) }),
    (path) => ({ ...path, siblings: Array<string>(10).fill("2".repeat(64)) }),
    (path) => ({ ...path, siblings: [] }),
    (path) => ({ ...path, index: 1024 }),
    () => ({}),
  ];
  for (const change of changes) {
    alter(change);
    await t.rejects(app.fetch("/v1/models"), { code: "path-invalid" });
  }
  t.equal(memory.prover.witnesses.length, 0);
  memory.service.intercept(undefined);
  t.equal((await app.fetch("/v1/models")).status, 200, "nothing false was kept");
});

void t.test("a path that is consistent and still false gets a refusal from the server, once", async (t) => {
  const memory = await createMemoryVault(t);
  const { app } = await memory.openStoredApp();
  memory.service.intercept((request, next) => {
    const leaf = /leaf=([0-9a-f]{64})/.exec(request.path)?.[1];
    if (leaf === undefined) return next();
    const { siblings, appRoot } = computeAppPath([{ index: 3, leaf: BigInt(`0x${leaf}`) }], 3);
    const path = { index: 3, siblings: siblings.map(fieldToHex), appRoot: fieldToHex(appRoot) };
    return Response.json(path);
  });
  t.equal((await app.fetch("/v1/models")).status, 403);
  t.equal(memory.prover.witnesses.length, 1, "the root did not change, so nothing was tried again");
});

void t.test("a redirect is not followed", async (t) => {
  const memory = await createMemoryVault(t);
  const modes: (string | undefined)[] = [];
  const vault = await memory.openVault({
    fetch: (input, init) => {
      modes.push(init?.redirect);
      return memory.service.fetch(input, init);
    },
  });
  await vault.keys.list();
  t.ok(modes.length > 0 && modes.every((mode) => mode === "manual"));
  memory.service.intercept(() =>
    Promise.resolve(new Response(null, { status: 307, headers: { location: "https://evil.example/" } })),
  );
  await t.rejects(vault.keys.list(), {
    code: "unreachable",
    cause: { message: "the service answered with a redirect" },
  });
});

void t.test("a `Date` from far ahead does not make a developer sign for that time", async (t) => {
  const memory = await createMemoryVault(t);
  const vault = await memory.openVault();
  memory.service.intercept(async (_, next) => {
    const answer = await next();
    answer.headers.set("date", new Date(Date.now() + 5 * 86_400_000).toUTCString());
    return answer;
  });
  await vault.keys.list();
  await vault.keys.list();
  const created = /created=(\d+)/.exec(memory.service.requests.at(-1)?.headers.get("signature-input") ?? "");
  t.ok(Number(created?.[1]) < Date.now() / 1000 + 3700);
});
