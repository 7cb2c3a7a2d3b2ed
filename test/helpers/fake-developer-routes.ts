import { computeAppRoot } from "@vaultproof/protocol/app-tree";
import { verifyEd25519 } from "@vaultproof/protocol/developer-key";
import {
  grantSchema,
  registerSchema,
  revokeAppSchema,
  storeSchema,
} from "@vaultproof/protocol/developer-routes";
import {
  ANSWER_SIGNATURE,
  DEVELOPER_SIGNATURE,
  SERVER_HEADER,
  keyFingerprint,
} from "@vaultproof/protocol/developer-signature";
import { fromBase64Url } from "@vaultproof/protocol/encoding";
import { fieldFromHex, fieldToHex } from "@vaultproof/protocol/field";
import {
  contentDigest,
  readSignature,
  serializeComponent,
  signMessage,
  type SignedRequest,
} from "@vaultproof/protocol/message-signatures";
import { createServerIdentity } from "@vaultproof/server/keys/identity";
import { changeShare } from "./fake-rotation.js";
import { refuse, sha256, type FakeRequest, type FakeSlot, type FakeState } from "./fake-vaultproof.js";

/** The management routes: the developer's signature first, the server's on whatever is answered after it. */
export async function answerDeveloper(state: FakeState, request: FakeRequest): Promise<Response> {
  const [path = "", query = ""] = request.path.split("?");
  const signed: SignedRequest = {
    method: request.method,
    path,
    query: `?${query}`,
    header: (name) => request.headers.get(name) ?? undefined,
  };
  const developer = verifyRequest(state, request, signed);
  if (developer === null) return refuse("unauthorized");
  const answer = perform(state, { ...request, path }, developer);
  return signedAnswer(state, answer, signed);
}

/** Signs an answer to a developer's request as the server does. */
export async function signedAnswer(
  state: Pick<FakeState, "identitySeed" | "clock">,
  answer: Response,
  signed: SignedRequest,
): Promise<Response> {
  const identity = createServerIdentity(state.identitySeed);
  const body = new Uint8Array(await answer.arrayBuffer());
  const digest = contentDigest(sha256(body));
  const { signatureInput, signature } = await signMessage({
    message: {
      status: answer.status,
      request: signed,
      header: (name) => (name === "content-digest" ? digest : undefined),
    },
    label: ANSWER_SIGNATURE.label,
    components: ANSWER_SIGNATURE.components,
    parameters: { created: state.clock(), keyid: identity.fingerprint, tag: ANSWER_SIGNATURE.tag },
    sign: (base) => identity.sign(base),
  });
  const headers = { "content-digest": digest, "signature-input": signatureInput, signature };
  return new Response(body, { status: answer.status, headers });
}

function verifyRequest(state: FakeState, request: FakeRequest, signed: SignedRequest): Uint8Array | null {
  const found = readSignature(signed, DEVELOPER_SIGNATURE.label);
  if (found === null) return null;
  const { keyid = "", nonce = "", created, expires = 0, tag } = found.parameters;
  const publicKey = state.developers.get(keyid) ?? registeringKey(request);
  const now = state.clock();
  const holds =
    publicKey !== undefined &&
    keyid === keyFingerprint(publicKey) &&
    found.components.join() === DEVELOPER_SIGNATURE.components.map(serializeComponent).join() &&
    tag === DEVELOPER_SIGNATURE.tag &&
    created <= now + 60 &&
    expires >= now &&
    expires <= created + 60 &&
    !state.usedNonces.has(nonce) &&
    signed.header(SERVER_HEADER) === createServerIdentity(state.identitySeed).fingerprint &&
    signed.header("content-digest") === contentDigest(sha256(request.body)) &&
    verifyEd25519(publicKey, found.base, found.signature);
  if (!holds) return null;
  state.usedNonces.add(nonce);
  return publicKey;
}

function registeringKey(request: FakeRequest): Uint8Array | undefined {
  if (request.path !== "/api/v1/developers") return undefined;
  return fromBase64Url(registerSchema.parse(JSON.parse(request.body)).publicKey);
}

function perform(state: FakeState, request: FakeRequest, developer: Uint8Array): Response {
  const { method, path, body } = request;
  const keyid = keyFingerprint(developer);
  if (path === "/api/v1/developers") {
    const status = state.developers.has(keyid) ? 200 : 201;
    state.developers.set(keyid, developer);
    return Response.json({ keyid }, { status });
  }
  if (path === "/api/v1/keys/store") return store(state, developer, body);
  if (path === "/api/v1/keys/list" && method === "GET") return list(state, developer);
  const [, slotId, action] =
    /^\/api\/v1\/keys\/(?:revoke\/)?([0-9a-f-]{36})(?:\/([a-z-]+))?$/.exec(path) ?? [];
  const slot = state.slots.get(slotId ?? "");
  if (slot === undefined || !Buffer.from(slot.developer).equals(developer)) return refuse("notFound");
  if (path.startsWith("/api/v1/keys/revoke/")) {
    slot.revoked = true;
    return Response.json({ status: "revoked" });
  }
  if (slot.revoked) return refuse("versionConflict", { reason: "Key slot is revoked" });
  if (action === "rotate" || action === "refresh") return changeShare(state, slot, { action, body });
  return action === "grant" ? grant(slot, body) : revokeApp(slot, body);
}

function store(state: FakeState, developer: Uint8Array, body: string): Response {
  const request = storeSchema.parse(JSON.parse(body));
  const { keySlotId } = request;
  const known = state.slots.get(keySlotId);
  if (known !== undefined && JSON.stringify(known.store) !== JSON.stringify(request))
    return refuse("slotExists");
  if (known === undefined) {
    const leaves = request.apps.map(
      ({ appId, leaf }, i) => [i, { appId, leaf: fieldFromHex(leaf) }] as const,
    );
    state.slots.set(keySlotId, { developer, store: request, leaves: new Map(leaves), revoked: false });
  }
  return Response.json({ keySlotId, status: "stored", version: 1 }, { status: 201 });
}

function list(state: FakeState, developer: Uint8Array): Response {
  const own = [...state.slots.values()].filter((slot) => Buffer.from(slot.developer).equals(developer));
  const keySlots = own.map(
    ({ store: { keySlotId, provider, baseUrl = "", label, vaultCommitment }, version, leaves, revoked }) => ({
      id: keySlotId,
      provider,
      baseUrl,
      label,
      restrictions: null,
      rotatedAt: null,
      revokedAt: revoked ? state.clock() : null,
      status: revoked ? "revoked" : "active",
      version: version ?? 1,
      vaultCommitment,
      createdAt: state.clock(),
      appGrants: [...leaves.values()].map(({ appId }) => ({
        appId,
        version: 1,
        restrictions: null,
        createdAt: state.clock(),
      })),
    }),
  );
  return Response.json({ keySlots, next: null });
}

function grant(slot: FakeSlot, body: string): Response {
  const { appId, leaf } = grantSchema.parse(JSON.parse(body));
  const there = [...slot.leaves].find(([, app]) => app.appId === appId)?.[0];
  let index = there ?? 0;
  while (there === undefined && slot.leaves.has(index)) index++;
  slot.leaves.set(index, { appId, leaf: fieldFromHex(leaf) });
  return Response.json({ status: "granted", index, appRoot: rootOf(slot) }, { status: 201 });
}

function revokeApp(slot: FakeSlot, body: string): Response {
  const { appId } = revokeAppSchema.parse(JSON.parse(body));
  const there = [...slot.leaves].find(([, app]) => app.appId === appId)?.[0];
  if (there === undefined) return refuse("notFound", { reason: "App is not granted" });
  slot.leaves.delete(there);
  return Response.json({ status: "revoked", appRoot: rootOf(slot) });
}

function rootOf(slot: FakeSlot): string {
  return fieldToHex(computeAppRoot([...slot.leaves].map(([index, { leaf }]) => ({ index, leaf }))));
}
