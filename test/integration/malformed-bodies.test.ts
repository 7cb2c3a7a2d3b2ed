import { randomBytes, randomUUID } from "node:crypto";
import { toBase64Url } from "@vaultproof/protocol/encoding";
import { LIMITS, callWireLimit } from "@vaultproof/protocol/limits";
import t, { type Test } from "tap";
import { assertRefusal } from "../helpers/assert-refusal.js";
import { malformedBodies, type MalformedBody } from "../helpers/malformed-bodies.js";
import {
  isSignedAnswer,
  makeDeveloper,
  plainRequest,
  signAsDeveloper,
  signAsEdge,
  type TestDeveloper,
  type WireAnswer,
  type WireRequest,
} from "../helpers/signed-requests.js";
import { startStack, type Stack } from "../helpers/stack.js";
import { makeStoreRequest, randomField } from "../helpers/store-request.js";
import { edgeOf, jsonOf, sendWire } from "../helpers/wire.js";

// Malformed bodies on each route that takes one, through the edge and straight to the server under a valid edge
// signature, and, where the route wants one, under a valid developer signature over exactly those bytes.

interface Scene {
  readonly stack: Stack;
  readonly developer: TestDeveloper;
  readonly serverKey: Uint8Array;
}

interface Route {
  readonly path: string;
  readonly valid: Readonly<Record<string, unknown>>;
  readonly required: readonly string[];
  /** Who signs; nobody for calls. */
  readonly developer?: TestDeveloper;
  /** Bytes that a body may have as sent. */
  readonly limit: number;
}

/** Where the body says which key the signature is by, so that a malformed one leaves nothing to verify. */
const REGISTRATION = "/api/v1/developers";
/** No developer known yet, or a body that was never read whole. */
const UNSIGNED = new Set([401, 413]);
const BODY_LIMIT = 64 * 1024;

void t.test("malformed bodies", async (t) => {
  const limits = { BODY_LIMIT: String(BODY_LIMIT) };
  const stack = await startStack({ serverEnv: limits, edgeEnv: limits });
  t.teardown(() => stack.close());
  const developer = makeDeveloper();
  const document = (await (await fetch(`${stack.edgeUrl}/.well-known/vaultproof`)).json()) as {
    identity: string;
    storageKey: string;
  };
  const scene = { stack, developer, serverKey: Buffer.from(document.identity, "base64url") };
  const register = { publicKey: toBase64Url(developer.identity.publicKey), label: "a developer" };
  t.equal((await sendBoth(scene, REGISTRATION, { body: register, developer }))[0]?.status, 201);
  const store = await makeStoreRequest({
    developer,
    storageKey: Buffer.from(document.storageKey, "base64url"),
  });
  t.equal((await sendBoth(scene, "/api/v1/keys/store", { body: store, developer }))[0]?.status, 201);
  const newcomer = makeDeveloper();
  const slot = `/api/v1/keys/${store.keySlotId}`;
  const signed = { developer, limit: LIMITS.developerBodyBytes };

  const routes: Route[] = [
    {
      path: REGISTRATION,
      valid: { publicKey: toBase64Url(newcomer.identity.publicKey), label: "another" },
      required: ["publicKey"],
      ...{ ...signed, developer: newcomer },
    },
    {
      path: "/api/v1/keys/store",
      valid: { ...store, keySlotId: randomUUID() },
      required: ["keySlotId", "share1_encrypted", "vaultCommitment", "provider", "label", "apps"],
      ...signed,
    },
    {
      path: `${slot}/grant`,
      valid: { appId: "a-new-app", leaf: randomField() },
      required: ["appId", "leaf"],
      ...signed,
    },
    { path: `${slot}/revoke-app`, valid: { appId: "my-app" }, required: ["appId"], ...signed },
    {
      path: "/api/v1/proxy/call",
      valid: aCall(store.keySlotId),
      required: ["keySlotId", "share2_encrypted", "zkProof", "nullifier", "appId", "targetPath", "method"],
      limit: callWireLimit(BODY_LIMIT),
    },
  ];
  for (const route of routes) {
    await t.test(route.path, async (t) => {
      for (const body of malformedBodies(route.valid, route.required)) {
        await assertRefusedBothWays(t, scene, route, body);
      }
      await assertSizes(t, scene, route);
    });
  }
  await t.test("a call's own members", (t) => assertCallMembers(t, scene, aCall(store.keySlotId)));
  await t.test("a revocation that has a body", async (t) => {
    const path = `/api/v1/keys/revoke/${store.keySlotId}`;
    for (const text of ["[]", '"x"', '{"a":1}', '{"__proto__":{}}', "{", "\u0000"]) {
      const bytes = Buffer.from(text);
      const headers = { "content-type": "application/json" };
      const route = { path, valid: {}, required: [], ...signed };
      await assertRefusedBothWays(t, scene, route, { name: text, bytes, headers });
    }
  });

  await t.test("and the server is as it was", async (t) => {
    const [server] = stack.servers;
    process.kill(server?.child.pid ?? 0, 0);
    t.equal((await fetch(`${stack.edgeUrl}/health`)).status, 200);
    t.notMatch(stack.logs(), /unexpected error|"level":\s*(?:50|60)/, "nothing took it by surprise");
    const [list] = await sendBoth(scene, "/api/v1/keys/list", { developer });
    const { keySlots } = jsonOf(list ?? { body: Buffer.from("{}") }) as {
      keySlots: { id: string; status: string; appGrants: { appId: string }[] }[];
    };
    t.match(keySlots, [{ id: store.keySlotId, status: "active", appGrants: [{ appId: "my-app" }] }]);
    t.equal(keySlots.length, 1, "nothing was stored");
    t.equal(keySlots[0]?.appGrants.length, 1, "nothing was granted");
    t.equal(({} as { admin?: boolean }).admin, undefined);
  });
});

async function assertRefusedBothWays(
  t: Test,
  scene: Scene,
  route: Pick<Route, "path" | "developer">,
  { name, bytes, headers }: MalformedBody,
): Promise<WireAnswer[]> {
  const { developer } = route;
  const options = { body: bytes, headers, ...(developer === undefined ? {} : { developer }) };
  const answers = await sendBoth(scene, route.path, options);
  for (const answer of answers) assertRefusal(t, answer, name);
  return answers;
}

/** Just above each limit, where the edge refuses, and the server whose edge has none. */
async function assertSizes(t: Test, scene: Scene, route: Route): Promise<void> {
  const padding = (length: number) =>
    Buffer.from(JSON.stringify({ ...route.valid, label: "x".repeat(length) }));
  for (const over of [1, 4096]) {
    const empty = padding(0).length;
    const bytes = padding(route.limit - empty + over);
    const headers = { "content-type": "application/json" };
    for (const { status } of await assertRefusedBothWays(t, scene, route, {
      name: `${over} over`,
      bytes,
      headers,
    })) {
      t.equal(status, 413);
    }
  }
}

async function assertCallMembers(
  t: Test,
  scene: Scene,
  valid: Readonly<Record<string, unknown>>,
): Promise<void> {
  const variants: Record<string, unknown>[] = [
    { share2: "AAAA" },
    { share2_encrypted: undefined, share2: "!" },
    { share2_encrypted: "0x" },
    { share2_encrypted: "x".repeat(20_001) },
    { zkProof: "f".repeat(2 * 6464) },
    { zkProof: "0".repeat(2 * 6464 - 1) },
    { zkProof: "\ud800" },
    { nullifier: "f".repeat(64) },
    { nullifier: "F".repeat(64) },
    { nullifier: "1".repeat(129) },
    { keySlotId: "\u0000" },
    { keySlotId: "'; DROP TABLE key_slots; --" },
    { appId: "\u0000" },
    { appId: "my-app\u0000" },
    { appId: "x".repeat(257) },
    { expiresAt: -1 },
    { expiresAt: 1e300 },
    { expiresAt: "1790000000" },
    { expiresAt: Number.MAX_SAFE_INTEGER },
    { method: "get" },
    { method: "TRACE" },
    { method: "CONNECT" },
    ...[
      "",
      "v1/models",
      "//evil.example/",
      "/../x",
      "/%2e%2e/x",
      "/a\\b",
      "/a b",
      "/a\r\nhost: x",
      "/a#b",
      "/\u0000",
    ].map((targetPath) => ({ targetPath })),
    { targetPath: `/${"a".repeat(LIMITS.targetPathChars)}` },
    { targetPath: "https://evil.example/" },
    ...[
      { Accept: "upper case" },
      { accept: 1 },
      { accept: ["a"] },
      { "a b": "c" },
      { accept: "a\r\nx: y" },
      { accept: "\u0000" },
      { "": "x" },
      { accept: "x".repeat(LIMITS.headerValueChars + 1) },
      Object.fromEntries(Array.from({ length: LIMITS.headerCount + 1 }, (_, i) => [`x-${i}`, "1"])),
    ].map((headers) => ({ headers })),
    { bodyBase64: "not base64" },
    { bodyBase64: "AB==" },
    { bodyBase64: "AA==", body: {} },
    { bodyBase64: Buffer.alloc(BODY_LIMIT + 1).toString("base64") },
    { auth: { unknown: 1 } },
    { auth: { identityToken: 1 } },
    { auth: { identityToken: "x".repeat(16_385) } },
  ];
  for (const [i, members] of variants.entries()) {
    const bytes = Buffer.from(JSON.stringify({ ...valid, ...members }));
    const headers = { "content-type": "application/json" };
    const name = `${i} ${Object.keys(members).join()}`;
    await assertRefusedBothWays(t, scene, { path: "/api/v1/proxy/call" }, { name, bytes, headers });
  }
  const texts = ['"headers":{"__proto__":"x"}', '"body":{"a":1,"a":2}', '"body":1e999', '"body":"\\ud800"'];
  for (const text of [...texts, '"body":9007199254740993', '"auth":{"__proto__":{}}']) {
    const bytes = Buffer.from(JSON.stringify(valid).replace("{", `{${text},`));
    const body = { name: text, bytes, headers: { "content-type": "application/json" } };
    await assertRefusedBothWays(t, scene, { path: "/api/v1/proxy/call" }, body);
  }
}

/** Sends the same through the edge and straight to the server; each is signed by itself, as nonces serve once. */
async function sendBoth(
  { stack, serverKey }: Scene,
  path: string,
  options: { body?: unknown; headers?: Readonly<Record<string, string>>; developer?: TestDeveloper },
): Promise<WireAnswer[]> {
  const { body, headers = { "content-type": "application/json" }, developer } = options;
  const make = async (): Promise<WireRequest> => {
    const plain = plainRequest(body === undefined ? "GET" : "POST", path, { body });
    const { "content-digest": digest = "" } = plain.headers;
    const request = { ...plain, headers: { ...headers, "content-digest": digest } };
    return developer === undefined
      ? request
      : await signAsDeveloper(request, { developer, server: stack.identity });
  };
  const [server] = stack.servers;
  const answers: WireAnswer[] = [];
  for (const send of [
    (request: WireRequest) =>
      sendWire(stack.edgeUrl, { ...request, headers: { host: "edge", ...request.headers } }),
    async (request: WireRequest) =>
      sendWire(server?.url ?? "", await signAsEdge(request, { edge: edgeOf(stack) })),
  ]) {
    const request = await make();
    const answer = await send(request);
    const isUnsigned = developer === undefined || path === REGISTRATION || UNSIGNED.has(answer.status);
    if (!isUnsigned && !isSignedAnswer(answer, request, serverKey)) {
      throw new Error(`${path} was answered ${answer.status} without the server's signature`);
    }
    answers.push(answer);
  }
  return answers;
}

/** A call whose members have the right shape and prove nothing. */
function aCall(keySlotId: string): Record<string, unknown> {
  return {
    keySlotId,
    share2_encrypted: `0x${randomBytes(152).toString("hex")}`,
    zkProof: "0".repeat(2 * 6464),
    nullifier: randomField(),
    appId: "my-app",
    targetPath: "/v1/models",
    method: "GET",
    expiresAt: Math.floor(Date.now() / 1000) + 120,
  };
}
