import { generateKeyPairSync, randomBytes } from "node:crypto";
import { foldAppPath } from "@vaultproof/protocol/app-tree";
import { fieldFromHex, fieldToHex } from "@vaultproof/protocol/field";
import { seal } from "@vaultproof/protocol/seal";
import { share2Context } from "@vaultproof/protocol/sealed-message";
import { createNodeProver, type VaultProofApp } from "@vaultproof/sdk";
import t, { type Test } from "tap";
import { openDevice } from "../helpers/device.js";
import { fakeAnswer, startHostileEdge, type HostileEdge } from "../helpers/hostile-edge.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { openApp, storeProviderKey } from "../helpers/sdk-clients.js";
import { identityOf, signDocument } from "../helpers/server-document.js";
import { plainRequest, type WireAnswer } from "../helpers/signed-requests.js";
import { startStack, type Stack } from "../helpers/stack.js";
import { makeUnsentCall, type CallBody } from "../helpers/unsent-calls.js";
import { edgeOf, jsonOf } from "../helpers/wire.js";

// An edge that holds the real secret, so that whatever it sends is validly signed, between apps and the backend.

const INVALID_PROOF = { error: "Invalid ZK proof", reason: "Proof verification failed" };
const REPLAY = { error: "Proof already used (replay detected)" };
const UNKNOWN_TRANSPORT_KEY = { error: "Key reconstruction failed", reason: "Unknown transport key" };
const DOCUMENT_PATH = "/.well-known/vaultproof";
const CALL_PATH = "/api/v1/proxy/call";
const COMPLETION = { model: "local-1", messages: [{ role: "user", content: "hello" }] };

const skip = findReferenceString() === undefined && noReferenceString;

void t.test("a hostile edge before a call", { skip }, async (t) => {
  const stack = await startStack();
  t.teardown(() => stack.close());
  const edge = await startHostileEdge({ backendUrl: stack.servers[0]?.url ?? "", edge: edgeOf(stack) });
  t.teardown(() => edge.close());
  const prover = await createNodeProver({ lanes: 1 });
  t.teardown(() => prover.close());
  const { vault } = await openDevice(t, { url: stack.edgeUrl, identity: stack.identity });
  const { keySlotId, bundles } = await storeProviderKey(vault, stack, ["my-app", "other-app"]);
  const [bundle = "", otherBundle = ""] = bundles;
  const otherSlot = (await storeProviderKey(vault, stack, ["my-app"])).keySlotId;

  const makeCall = (forBundle = bundle): Promise<CallBody> =>
    makeUnsentCall({
      ...{ url: edge.url, bundle: forBundle, prover },
      path: "/v1/chat/completions",
      init: {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json" },
        body: JSON.stringify(COMPLETION),
      },
    });

  await t.test("alters each member of an unsent call in turn", async (t) => {
    const call = await makeCall();
    const spare = await makeCall();
    const ofOtherApp = await makeCall(otherBundle);
    const document = JSON.parse(await read(edge, DOCUMENT_PATH)) as {
      transportKeys: { publicKey: string }[];
    };
    const transportKey = Buffer.from(document.transportKeys[0]?.publicKey ?? "", "base64url");
    const { expiresAt, headers } = call as { expiresAt: number; headers: Record<string, string> };
    // Whoever reads the document can seal; a share of the edge's own must not count as the app's.
    const about = share2Context({ slotId: keySlotId, appId: "my-app", expiresAt });
    const ownShare = await seal(transportKey, about, randomBytes(96));
    const alterations: Record<string, CallBody> = {
      "keySlotId: another slot of the developer": { ...call, keySlotId: otherSlot },
      "keySlotId: none that exists": { ...call, keySlotId: "11111111-1111-4111-8111-111111111111" },
      "share2_encrypted: a bit": { ...call, share2_encrypted: flipLastDigit(call.share2_encrypted) },
      "share2_encrypted: sealed anew": { ...call, share2_encrypted: ownShare },
      "share2_encrypted: of another call": { ...call, share2_encrypted: spare.share2_encrypted },
      "share2 in clear instead": {
        ...without(call, "share2_encrypted"),
        share2: randomBytes(96).toString("base64"),
      },
      "zkProof: a bit": { ...call, zkProof: flipLastDigit(call.zkProof) },
      "zkProof: of another call": { ...call, zkProof: spare.zkProof },
      "zkProof: nothing but zeros": { ...call, zkProof: "0".repeat(2 * 6464) },
      "nullifier: one more": { ...call, nullifier: increment(call.nullifier) },
      "nullifier: of another call": { ...call, nullifier: spare.nullifier },
      "nullifier and zkProof of another call": {
        ...call,
        nullifier: spare.nullifier,
        zkProof: spare.zkProof,
      },
      "appId: another app of the slot": { ...call, appId: "other-app" },
      "appId: with the other app's proof": {
        ...call,
        appId: "other-app",
        zkProof: ofOtherApp.zkProof,
        nullifier: ofOtherApp.nullifier,
      },
      "targetPath: another": { ...call, targetPath: "/v1/files" },
      "targetPath: a query": { ...call, targetPath: "/v1/chat/completions?stream=true" },
      "method: another": { ...call, method: "PUT" },
      "method: GET": { ...without(call, "bodyBase64"), method: "GET" },
      "expiresAt: later": { ...call, expiresAt: expiresAt + 1 },
      "expiresAt: earlier": { ...call, expiresAt: expiresAt - 1 },
      "expiresAt: left out": without(call, "expiresAt"),
      "headers: another value": { ...call, headers: { ...headers, accept: "text/event-stream" } },
      "headers: one more": { ...call, headers: { ...headers, "openai-organization": "org-1" } },
      "headers: one less": { ...call, headers: without(headers, "accept") },
      "headers: left out": without(call, "headers"),
      "bodyBase64: other bytes": { ...call, bodyBase64: Buffer.from("{}").toString("base64") },
      "bodyBase64: as JSON in body": { ...without(call, "bodyBase64"), body: COMPLETION },
      "bodyBase64: left out": without(call, "bodyBase64"),
      "auth: a token added": { ...call, auth: { identityToken: "somebody.else.entirely" } },
      "auth: empty": { ...call, auth: {} },
    };
    const before = stack.provider.requests.length;
    for (const [name, altered] of Object.entries(alterations)) {
      const answer = await send(edge, altered);
      t.equal(answer.status, 403, name);
      t.same(jsonOf(answer), INVALID_PROOF, name);
    }
    const unknown = await send(edge, { ...call, retries: 3 });
    t.equal(unknown.status, 400, "a member that nobody proved over");
    t.equal(stack.provider.requests.length, before, "the provider saw nothing of all that");

    t.equal(
      (await send(edge, call)).status,
      200,
      "unaltered, and from a client address that the edge made up",
    );
    t.same(jsonOf(await send(edge, call)), REPLAY);
    t.equal(stack.provider.requests.length, before + 1);
    const [request] = stack.provider.requests.slice(-1);
    t.equal(request?.authorised, true);
    t.equal(request?.url, "/v1/chat/completions");
    t.same(JSON.parse(request?.body.toString() ?? ""), COMPLETION);
  });

  await t.test("withholds an answer and fakes the refusal of the proof", async (t) => {
    const app = await openApp(t, { url: edge.url, bundle, prover });
    await assertOneExecution(t, { edge, stack, app, path: "/withheld/root-unchanged" }, () => undefined);
    // The tree's siblings are public and unsigned: the edge may name a root of its own, and the SDK proves for it.
    await assertOneExecution(t, { edge, stack, app, path: "/withheld/root-made-up" }, (request, answer) => {
      if (!request.url.includes("/path?leaf=")) return undefined;
      return fakeAnswer(200, withAnotherRoot(request.url, jsonOf(answer) as TreePath));
    });
    edge.behave(undefined);
  });

  await t.test("withholds an answer while the root really changes", async (t) => {
    const app = await openApp(t, { url: edge.url, bundle, prover });
    let withheld = 0;
    edge.behave(async (request, forward) => {
      const answer = await forward(request);
      if (request.url !== CALL_PATH || withheld > 0) return answer;
      withheld++;
      await vault.apps.grant(keySlotId, "a-third-app");
      return fakeAnswer(403, INVALID_PROOF);
    });
    const before = stack.provider.requests.length;
    const calls = edge.seen.filter(({ url }) => url === CALL_PATH).length;
    const answer = await app.fetch("/withheld/root-changed");
    edge.behave(undefined);
    t.equal(answer.status, 403);
    t.same(await answer.json(), REPLAY, "the proof made anew has the old nullifier");
    t.equal(edge.seen.filter(({ url }) => url === CALL_PATH).length, calls + 2, "it was sent twice");
    t.equal(stack.provider.requests.length, before + 1, "and executed once");
    t.equal((await app.fetch("/v1/models")).status, 200, "the next call knows the new root");
  });

  await t.test("withholds an answer and wants the share under a key of its own", async (t) => {
    const real = JSON.parse(await read(edge, DOCUMENT_PATH)) as Record<string, unknown>;
    const own = generateKeyPairSync("ed25519").privateKey;
    const transportKeys = [
      { publicKey: randomBytes(32).toString("base64url"), notAfter: Math.floor(Date.now() / 1000) + 86_400 },
    ];
    const documents = {
      "identity-changed": signDocument({ ...real, identity: identityOf(own), transportKeys }, own),
      "document-invalid": { ...real, transportKeys },
    };
    for (const [code, document] of Object.entries(documents)) {
      const app = await openApp(t, { url: edge.url, bundle, prover });
      const calls = edge.seen.filter(({ url }) => url === CALL_PATH).length;
      const before = stack.provider.requests.length;
      edge.behave(async (request, forward) => {
        if (request.url === DOCUMENT_PATH) return fakeAnswer(200, document);
        const answer = await forward(request);
        return request.url === CALL_PATH ? fakeAnswer(422, UNKNOWN_TRANSPORT_KEY) : answer;
      });
      await t.rejects(app.fetch("/v1/models"), { code }, "the SDK says what is wrong with the keys");
      edge.behave(undefined);
      t.equal(
        edge.seen.filter(({ url }) => url === CALL_PATH).length,
        calls + 1,
        "no share was sent for them",
      );
      t.equal(stack.provider.requests.length, before + 1);
    }
  });

  await t.test("serves the same call many times over", async (t) => {
    const app = await openApp(t, { url: edge.url, bundle, prover });
    const copies: Promise<WireAnswer>[] = [];
    edge.behave(async (request, forward) => {
      if (request.url === CALL_PATH) for (let i = 0; i < 10; i++) copies.push(forward(request));
      return await forward(request);
    });
    const before = stack.provider.requests.length;
    const statuses = [(await app.fetch("/v1/models")).status];
    edge.behave(undefined);
    statuses.push(...(await Promise.all(copies)).map(({ status }) => status));
    t.equal(stack.provider.requests.length, before + 1);
    t.equal(statuses.filter((status) => status === 200).length, 1);
    t.equal(statuses.filter((status) => status === 403).length, 10);
  });
});

/** Sends on one call, keeps its answer back and says that the proof was bad; `meddle` may alter what follows. */
async function assertOneExecution(
  t: Test,
  about: { edge: HostileEdge; stack: Stack; app: VaultProofApp; path: string },
  meddle: (request: { url: string }, answer: WireAnswer) => WireAnswer | undefined,
): Promise<void> {
  const { edge, stack, app, path } = about;
  edge.behave(undefined);
  await app.fetch("/v1/models"); // so that the path is known before
  let executed = 0;
  edge.behave(async (request, forward) => {
    const answer = await forward(request);
    if (request.url !== CALL_PATH) return meddle(request, answer) ?? answer;
    if (answer.status === 200) executed++;
    return fakeAnswer(403, INVALID_PROOF);
  });
  const answer = await app.fetch(path);
  t.equal(answer.status, 403, path);
  t.same(await answer.json(), INVALID_PROOF, path);
  t.equal(executed, 1, path);
  t.equal(stack.provider.requests.filter(({ url }) => url === path).length, 1, path);
}

async function send(edge: HostileEdge, call: CallBody): Promise<WireAnswer> {
  return await edge.forward(plainRequest("POST", CALL_PATH, { body: call }));
}

async function read(edge: HostileEdge, path: string): Promise<string> {
  return Buffer.from((await edge.forward(plainRequest("GET", path))).body).toString();
}

interface TreePath {
  readonly index: number;
  readonly siblings: readonly string[];
}

/** A path that leads from the leaf in `url` to a root of its own: every path leads somewhere. */
function withAnotherRoot(url: string, { index, siblings }: TreePath): Record<string, unknown> {
  const leaf = fieldFromHex(new URL(url, "http://edge").searchParams.get("leaf") ?? "");
  const others = [...siblings.slice(0, -1), fieldToHex(fieldFromHex(siblings.at(-1) ?? "") + 1n)];
  const appRoot = fieldToHex(foldAppPath(leaf, index, others.map(fieldFromHex)));
  return { index, siblings: others, appRoot };
}

/** Another last hex digit; a field element stays below p, because only its lowest bit is another. */
function flipLastDigit(hex: unknown): string {
  const text = hex as string;
  return text.slice(0, -1) + (Number.parseInt(text.slice(-1), 16) ^ 1).toString(16);
}

function increment(field: unknown): string {
  return fieldToHex(fieldFromHex(field as string) + 1n);
}

function without(value: object, member: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== member));
}
