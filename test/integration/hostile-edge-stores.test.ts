import { generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import { destinationDigest } from "@vaultproof/protocol/destination";
import { toBase64Url } from "@vaultproof/protocol/encoding";
import { resolveDestination } from "@vaultproof/protocol/providers";
import { seal } from "@vaultproof/protocol/seal";
import { share1Context } from "@vaultproof/protocol/sealed-message";
import { VaultProof, type VaultProofErrorCode } from "@vaultproof/sdk";
import t, { type Test } from "tap";
import { openDevice, type Device } from "../helpers/device.js";
import { fakeAnswer, startHostileEdge, type HostileEdge } from "../helpers/hostile-edge.js";
import { storeProviderKey } from "../helpers/sdk-clients.js";
import { identityKey, identityOf, signDocument } from "../helpers/server-document.js";
import {
  makeDeveloper,
  plainRequest,
  signAsDeveloper,
  type TestDeveloper,
  type WireAnswer,
  type WireRequest,
} from "../helpers/signed-requests.js";
import { startSilentListener } from "../helpers/silent-listener.js";
import { startStack, type Stack } from "../helpers/stack.js";
import { edgeOf, jsonOf } from "../helpers/wire.js";

// An edge that holds the real secret between developers and the backend. Nothing here makes a proof.

const STORE_PATH = "/api/v1/keys/store";
const DOCUMENT_PATH = "/.well-known/vaultproof";
/** What is looked at of a store's body. */
type StoreBody = Readonly<Record<"keySlotId" | "baseUrl", string>>;

const SHARE_NOT_OPENED = { error: "Sealed share could not be opened" };

void t.test("a hostile edge before a store", async (t) => {
  const stack = await startStack();
  t.teardown(() => stack.close());
  const edge = await startHostileEdge({ backendUrl: stack.servers[0]?.url ?? "", edge: edgeOf(stack) });
  t.teardown(() => edge.close());
  const device = await openDevice(t, { url: edge.url, identity: stack.identity });

  await t.test("serves its own keys", (t) => servesItsOwnKeys(t, { stack, edge }));
  await t.test("registers an intercepted store as its own", (t) =>
    registersAnInterceptedStore(t, { stack, edge }),
  );
  await t.test("alters a store on its way", (t) => altersAStore(t, { stack, edge, device }));
});

async function servesItsOwnKeys(
  t: Test,
  { stack, edge }: { stack: Stack; edge: HostileEdge },
): Promise<void> {
  const answer = await edge.forward(plainRequest("GET", DOCUMENT_PATH));
  const real = jsonOf(answer) as Record<string, unknown>;
  const own = generateKeyPairSync("ed25519").privateKey;
  const ownKey = toBase64Url(randomBytes(32));
  const server = identityKey(Buffer.from(stack.serverEnv.SERVER_IDENTITY_KEY ?? "", "base64"));
  const transportKeys = [{ publicKey: ownKey, notAfter: Math.floor(Date.now() / 1000) + 86_400 }];
  t.same(signDocument(real, server), real, "the test signs as the server does");

  const documents: [name: string, document: unknown, code: VaultProofErrorCode][] = [
    [
      "an identity of its own",
      signDocument({ ...real, identity: identityOf(own), storageKey: ownKey, transportKeys }, own),
      "identity-changed",
    ],
    ["the right identity, another storage key", { ...real, storageKey: ownKey }, "document-invalid"],
    ["the right identity, other transport keys", { ...real, transportKeys }, "document-invalid"],
    [
      "the right identity under a signature by another",
      signDocument({ ...real, storageKey: ownKey, transportKeys }, own),
      "document-invalid",
    ],
    [
      "one that the server signed and that has expired",
      signDocument({ ...real, notAfter: Math.floor(Date.now() / 1000) - 1 }, server),
      "document-expired",
    ],
    ["no signature", { ...real, signature: "" }, "document-invalid"],
    ["something else", { hello: "there" }, "document-invalid"],
  ];
  for (const [name, document, code] of documents) {
    const before = edge.seen.length;
    edge.behave((request, forward) =>
      request.url === DOCUMENT_PATH ? fakeAnswer(200, document) : forward(request),
    );
    await t.rejects(openDevice(t, { url: edge.url, identity: stack.identity }), { code }, name);
    t.same(
      edge.seen.slice(before).map(({ url }) => url),
      [DOCUMENT_PATH],
      "nothing was sent after it",
    );
  }
  edge.behave(undefined);
  await t.test("under a first contact without a pin", async (t) => {
    const before = edge.seen.length;
    const developerKey = VaultProof.generateDeveloperKey("live");
    await t.rejects(VaultProof.open({ url: edge.url, developerKey, stateDir: t.testdir() }), {
      code: "identity-unpinned",
    });
    t.equal(edge.seen.length, before, "a live key does not even ask");
  });
}

async function registersAnInterceptedStore(
  t: Test,
  { stack, edge }: { stack: Stack; edge: HostileEdge },
): Promise<void> {
  const listener = await startSilentListener(t);
  const victim = await openDevice(t, { url: edge.url, identity: stack.identity });
  const intercepted: WireRequest[] = [];
  edge.behave((request, forward) => {
    if (request.url !== STORE_PATH) return forward(request);
    intercepted.push(request);
    return fakeAnswer(201, {
      keySlotId: (jsonOf(request) as StoreBody).keySlotId,
      status: "stored",
      version: 1,
    });
  });
  await t.rejects(storeProviderKey(victim.vault, stack), { code: "answer-unverified", status: 201 });
  edge.behave(undefined);
  const [store] = intercepted;
  if (store === undefined) throw new Error("no store came");
  const stolen = jsonOf(store) as StoreBody;
  t.notMatch(store.body.toString(), stack.provider.key);

  const thief = makeDeveloper();
  const asThief = { edge, developer: thief, server: stack.identity };
  const register = { publicKey: toBase64Url(thief.identity.publicKey) };
  t.equal((await sendAs(asThief, "/api/v1/developers", register)).status, 201);

  const ids = { "the same slot": stolen.keySlotId, "a fresh slot": randomUUID() };
  const places = {
    "its own base URL": listener.origin,
    "the base URL as it was": stack.provider.origin,
  };
  for (const [which, keySlotId] of Object.entries(ids)) {
    for (const [where, baseUrl] of Object.entries(places)) {
      const answer = await sendAs(asThief, STORE_PATH, { ...stolen, keySlotId, baseUrl });
      t.equal(answer.status, 422, `${which} with ${where}`);
      t.same(jsonOf(answer), SHARE_NOT_OPENED);
    }
  }
  t.same(
    jsonOf(await sendAs(asThief, "/api/v1/keys/list")),
    { keySlots: [], next: null },
    "nothing was stored",
  );

  // What the thief can store is a share of its own under the victim's id, commitment and leaves. It yields no key.
  const share1_encrypted = await sealOwnShare(edge, thief, { ...stolen, baseUrl: listener.origin });
  const squat = { ...stolen, baseUrl: listener.origin, share1_encrypted };
  t.equal((await sendAs(asThief, STORE_PATH, squat)).status, 201);
  const late = await edge.forward(store);
  t.equal(late.status, 409, "the victim is told, under the server's signature, that the id is taken");
  t.equal(listener.connections(), 0, "and nobody ever called the thief's own host");
}

async function altersAStore(
  t: Test,
  { stack, edge, device }: { stack: Stack; edge: HostileEdge; device: Device },
): Promise<void> {
  const listener = await startSilentListener(t);
  const alterations: Record<string, unknown> = {
    keySlotId: randomUUID(),
    share1_encrypted: `0x${randomBytes(184).toString("hex")}`,
    vaultCommitment: "1".repeat(64).replace(/^./, "0"),
    provider: "openai",
    baseUrl: listener.origin,
    authHeader: { name: "x-other", template: "{key}" },
    label: "another",
    apps: [{ appId: "my-app", leaf: "1".repeat(64).replace(/^./, "0") }],
    restrictions: { methods: ["GET"] },
  };
  for (const [member, value] of Object.entries(alterations)) {
    edge.behave((request, forward) => {
      if (request.url !== STORE_PATH) return forward(request);
      const body = Buffer.from(JSON.stringify({ ...(jsonOf(request) as StoreBody), [member]: value }));
      return forward({ ...request, body });
    });
    const slots = await listHonestly(edge, device);
    await t.rejects(storeProviderKey(device.vault, stack), { code: "unauthorized", status: 401 }, member);
    t.same(await listHonestly(edge, device), slots, `${member}: nothing was stored`);
  }
  edge.behave(undefined);
}

async function listHonestly(edge: HostileEdge, device: Device): Promise<readonly unknown[]> {
  const seen = edge.seen.length;
  const slots = await device.vault.keys.list();
  if (edge.seen.length === seen) throw new Error("the list did not pass this edge");
  return slots;
}

/** Share 1 as a thief can make one: of bytes of its own, sealed for its own slot. */
async function sealOwnShare(
  edge: HostileEdge,
  thief: TestDeveloper,
  store: { readonly keySlotId: string; readonly baseUrl: string },
): Promise<string> {
  const document = jsonOf(await edge.forward(plainRequest("GET", DOCUMENT_PATH))) as { storageKey: string };
  const destination = destinationDigest(resolveDestination({ provider: "custom", baseUrl: store.baseUrl }));
  const context = share1Context({
    slotId: store.keySlotId,
    slotVersion: 1,
    developerPublicKey: thief.identity.publicKey,
    destination,
  });
  return await seal(Buffer.from(document.storageKey, "base64url"), context, randomBytes(96));
}

async function sendAs(
  about: { edge: HostileEdge; developer: TestDeveloper; server: string },
  url: string,
  body?: unknown,
): Promise<WireAnswer> {
  const request = plainRequest(body === undefined ? "GET" : "POST", url, { body });
  return await about.edge.forward(await signAsDeveloper(request, about));
}
