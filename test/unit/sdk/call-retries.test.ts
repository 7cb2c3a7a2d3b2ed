import { generateHpkeKeyPair } from "@vaultproof/server/keys/hpke-open";
import t from "tap";
import type { FakeRequest } from "../../helpers/fake-vaultproof.js";
import { createMemoryVault, type MemoryVault } from "../../helpers/memory-vault.js";

interface SentCall {
  readonly nullifier: string;
  readonly expiresAt: number;
  readonly share2_encrypted: string;
}

const INVALID_PROOF = { error: "Invalid ZK proof", reason: "Proof verification failed" };
const UNKNOWN_KEY = { error: "Key reconstruction failed", reason: "Unknown transport key" };
const OURS = { headers: { "vp-source": "vaultproof" } };

function sentCalls(memory: MemoryVault): SentCall[] {
  return memory.service.requests
    .filter(({ path }) => path === "/api/v1/proxy/call")
    .map(({ body }) => JSON.parse(body) as SentCall);
}

function count(memory: MemoryVault, part: string): number {
  return memory.service.requests.filter(({ path }) => path.includes(part)).length;
}

const isCall = ({ path }: FakeRequest): boolean => path === "/api/v1/proxy/call";

void t.test("a changed root: proved once more, with the same nullifier", async (t) => {
  const memory = await createMemoryVault(t);
  const { app, vault, keySlotId } = await memory.openStoredApp();
  await app.fetch("/v1/models");
  await vault.apps.grant(keySlotId, "another");
  t.equal((await app.fetch("/v1/models")).status, 200);

  const [, first, second, ...more] = sentCalls(memory);
  t.same(more, []);
  t.equal(first?.nullifier, second?.nullifier);
  t.equal(first?.expiresAt, second?.expiresAt);
  t.equal(first?.share2_encrypted, second?.share2_encrypted);
  const [, before, after] = memory.prover.witnesses;
  t.equal(before?.nonce, after?.nonce);
  t.not(before?.statement.appRoot, after?.statement.appRoot);
});

void t.test("an unchanged root: refused, without a second attempt", async (t) => {
  const memory = await createMemoryVault(t);
  const { app } = await memory.openStoredApp();
  memory.service.state.verify = () => false;
  const response = await app.fetch("/v1/models");
  t.equal(response.status, 403);
  t.same(await response.json(), INVALID_PROOF);
  t.equal(sentCalls(memory).length, 1);
  t.equal(count(memory, "/path?"), 2, "the path was asked for again");
});

void t.test("a root that keeps changing: one retry and no more", async (t) => {
  const memory = await createMemoryVault(t);
  const { app, vault, keySlotId } = await memory.openStoredApp();
  let grants = 0;
  memory.service.intercept(async (request, next) => {
    if (isCall(request)) await vault.apps.grant(keySlotId, `app-${grants++}`);
    return next();
  });
  t.equal((await app.fetch("/v1/models")).status, 403);
  t.equal(sentCalls(memory).length, 2);
});

void t.test("an edge that withholds the first and fakes a refusal gets one executed", async (t) => {
  const memory = await createMemoryVault(t);
  const { app, vault, keySlotId } = await memory.openStoredApp();
  await app.fetch("/v1/models");
  const withheld: (() => Promise<Response>)[] = [];
  memory.service.intercept(async (request, next) => {
    if (!isCall(request) || withheld.length > 0) return next();
    withheld.push(next);
    await vault.apps.grant(keySlotId, "another");
    return Response.json(INVALID_PROOF, { status: 403, ...OURS });
  });
  t.equal((await app.fetch("/v1/models")).status, 200);
  const late = await withheld[0]?.();
  t.equal(late?.status, 403);
  t.equal(memory.service.state.executed.length, 2, "the one before, and this one once");
});

void t.test("a path refused after the invalid proof: the refusal is the answer", async (t) => {
  const memory = await createMemoryVault(t);
  const { app, vault, keySlotId } = await memory.openStoredApp();
  await app.fetch("/v1/models");
  await vault.apps.revoke(keySlotId, "my-app");
  const response = await app.fetch("/v1/models");
  t.same(await response.json(), INVALID_PROOF);
  t.equal(sentCalls(memory).length, 2);
});

void t.test("a rotated transport key: sealed anew over the same nonce and expiry", async (t) => {
  const memory = await createMemoryVault(t);
  const { app } = await memory.openStoredApp();
  const { state } = memory.service;
  state.transportKeys = [{ key: generateHpkeKeyPair(), notAfter: state.clock() + 86_400 }];
  t.equal((await app.fetch("/v1/models")).status, 200);
  const [first, second, ...more] = sentCalls(memory);
  t.same(more, []);
  t.not(first?.share2_encrypted, second?.share2_encrypted);
  t.equal(first?.expiresAt, second?.expiresAt);
  t.equal(memory.prover.witnesses[0]?.nonce, memory.prover.witnesses[1]?.nonce);
  t.equal(state.executed.length, 1);
});

void t.test("a transport key that is still listed: no second attempt", async (t) => {
  const memory = await createMemoryVault(t);
  const { app } = await memory.openStoredApp();
  const documents = count(memory, "well-known");
  memory.service.intercept((request, next) =>
    isCall(request) ? Response.json(UNKNOWN_KEY, { status: 422, ...OURS }) : next(),
  );
  const response = await app.fetch("/v1/models");
  t.equal(response.status, 422);
  t.same(await response.json(), UNKNOWN_KEY);
  t.equal(sentCalls(memory).length, 1);
  t.equal(count(memory, "well-known"), documents + 1);
});

void t.test("transport keys that never fit: one retry and no more", async (t) => {
  const memory = await createMemoryVault(t);
  const { app } = await memory.openStoredApp();
  const { state } = memory.service;
  memory.service.intercept((request, next) => {
    if (!isCall(request)) return next();
    state.transportKeys = [{ key: generateHpkeKeyPair(), notAfter: state.clock() + 86_400 }];
    return next();
  });
  t.equal((await app.fetch("/v1/models")).status, 422);
  t.equal(sentCalls(memory).length, 2);
  t.equal(state.executed.length, 0);
});

void t.test("both happen: each is cured once", async (t) => {
  const memory = await createMemoryVault(t);
  const { app, vault, keySlotId } = await memory.openStoredApp();
  await app.fetch("/v1/models");
  const { state } = memory.service;
  await vault.apps.grant(keySlotId, "another");
  state.transportKeys = [{ key: generateHpkeKeyPair(), notAfter: state.clock() + 86_400 }];
  t.equal((await app.fetch("/v1/models")).status, 200);
  t.equal(sentCalls(memory).length, 4, "one call before, three attempts of this one");
});

void t.test("no other refusal is repeated, and none is mistaken", async (t) => {
  const cases: [number, unknown, Record<string, string>][] = [
    [403, { error: "Proof already used (replay detected)" }, { "vp-source": "vaultproof" }],
    [403, { error: "App not authorized", reason: "Method" }, { "vp-source": "vaultproof" }],
    [403, INVALID_PROOF, { "vp-source": "upstream" }],
    [422, { error: "Key reconstruction failed" }, { "vp-source": "vaultproof" }],
    [422, UNKNOWN_KEY, { "vp-source": "upstream" }],
    [429, { error: "Too many requests" }, { "vp-source": "vaultproof", "retry-after": "3" }],
    [502, { error: "Upstream request failed", reason: "x" }, { "vp-source": "vaultproof" }],
    [503, { error: "Service busy" }, { "vp-source": "vaultproof", "retry-after": "1" }],
    [500, [], { "vp-source": "vaultproof" }],
  ];
  for (const [status, body, headers] of cases) {
    const memory = await createMemoryVault(t);
    const { app } = await memory.openStoredApp();
    memory.service.intercept((request, next) =>
      isCall(request) ? Response.json(body, { status, headers }) : next(),
    );
    const response = await app.fetch("/v1/models");
    t.equal(response.status, status);
    t.same(await response.json(), body);
    t.equal(sentCalls(memory).length, 1);
    t.equal(count(memory, "/path?"), 1);
  }
});

void t.test("a document that runs out, or whose keys do, is fetched again before the call", async (t) => {
  const memory = await createMemoryVault(t);
  const { state } = memory.service;
  state.transportKeys = [{ key: generateHpkeKeyPair(), notAfter: state.clock() + 60 }];
  const { app } = await memory.openStoredApp();
  const fresh = { key: generateHpkeKeyPair(), notAfter: state.clock() + 86_400 };
  state.transportKeys = [fresh];
  t.equal((await app.fetch("/v1/models")).status, 200);
  t.equal(sentCalls(memory).length, 1, "the key would not have lasted as long as the call");
});

void t.test("the freshest of several transport keys is used", async (t) => {
  const memory = await createMemoryVault(t);
  const { state } = memory.service;
  const [older, freshest] = [generateHpkeKeyPair(), generateHpkeKeyPair()];
  const now = state.clock();
  state.transportKeys = [
    { key: older, notAfter: now + 40_000 },
    { key: freshest, notAfter: now + 80_000 },
  ];
  const { app } = await memory.openStoredApp();
  await app.fetch("/v1/models");
  const id = Buffer.from(freshest.id).toString("hex");
  t.ok(sentCalls(memory)[0]?.share2_encrypted.startsWith(`0x${id}`));
});

void t.test("a device whose clock is wrong still makes calls that the server's clock accepts", async (t) => {
  for (const wrong of [-20 * 60, 20 * 60]) {
    const memory = await createMemoryVault(t);
    const real = memory.service.state.clock;
    // The server's clock is moved instead of the device's: only the difference counts.
    memory.service.state.clock = () => real() - wrong;
    const { app } = await memory.openStoredApp();
    const response = await app.fetch("/v1/models");
    t.equal(response.status, 200, `${wrong} s`);
  }
});

/** A body in pieces, and how many of them were taken so far. */
function inPieces(pieces: readonly string[]): { body: ReadableStream<Uint8Array>; taken: () => number } {
  const encoder = new TextEncoder();
  let taken = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const piece = pieces[taken];
      if (piece === undefined) controller.close();
      else controller.enqueue(encoder.encode(piece));
      taken++;
    },
  });
  return { body, taken: () => taken };
}

void t.test("a refusal that does not end is not waited for, and is passed on whole", async (t) => {
  const memory = await createMemoryVault(t);
  const { app } = await memory.openStoredApp();
  // Without a content-length, and what would be curable if it came to its end.
  const pieces = [JSON.stringify(INVALID_PROOF), ...Array.from({ length: 1000 }, () => " ".repeat(1000))];
  const { body, taken } = inPieces(pieces);
  memory.service.intercept((request, next) =>
    isCall(request) ? new Response(body, { status: 403, ...OURS }) : next(),
  );
  const response = await app.fetch("/v1/models");
  t.ok(taken() < 10, `${taken()} pieces of 1000 bytes were taken`);
  t.equal(sentCalls(memory).length, 1);
  t.equal(count(memory, "/path?"), 1, "nothing was done about it");
  t.equal(await response.text(), pieces.join(""));
});

void t.test(
  "a refusal that comes in pieces is understood, and is whole where it cannot be cured",
  async (t) => {
    const memory = await createMemoryVault(t);
    const { app } = await memory.openStoredApp();
    const text = JSON.stringify(INVALID_PROOF);
    const halves = [text.slice(0, 20), text.slice(20)];
    memory.service.intercept((request, next) =>
      isCall(request) ? new Response(inPieces(halves).body, { status: 403, ...OURS }) : next(),
    );
    const response = await app.fetch("/v1/models");
    t.equal(count(memory, "/path?"), 2, "the path was asked for again");
    t.same(await response.json(), INVALID_PROOF);
  },
);
