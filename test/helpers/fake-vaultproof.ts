import { createHash, randomBytes } from "node:crypto";
import { manifest } from "@vaultproof/circuits/manifest";
import { callSchema } from "@vaultproof/protocol/call";
import { toBase64, toBase64Url } from "@vaultproof/protocol/encoding";
import { errorBody, ERRORS, type ErrorCode } from "@vaultproof/protocol/errors";
import type { Statement } from "@vaultproof/protocol/statement";
import { wellKnownSigningInput } from "@vaultproof/protocol/well-known";
import { createServerIdentity } from "@vaultproof/server/keys/identity";
import { generateHpkeKeyPair, type HpkePrivateKey } from "@vaultproof/server/keys/hpke-open";
import { answerDeveloper } from "./fake-developer-routes.js";
import { answerPath, executeCall } from "./fake-proxy.js";

/** A slot as the fake keeps it. */
export interface FakeSlot {
  readonly developer: Uint8Array;
  store: Readonly<Record<string, unknown>> & {
    readonly keySlotId: string;
    readonly share1_encrypted: string;
    readonly vaultCommitment: string;
  };
  readonly leaves: Map<number, { readonly appId: string; readonly leaf: bigint }>;
  revoked: boolean;
  /** 1 unless it was rotated. */
  version?: number;
  /** The request that made the version. */
  changedBy?: string;
}

/** A call that came through: what the provider was sent, and with which key. */
export interface ExecutedCall {
  readonly method: string;
  readonly targetPath: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  readonly key: string;
  readonly nullifier: string;
}

/** One request as it arrived. */
export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

/** Everything behind the fake; tests change it as they need. */
export interface FakeState {
  identitySeed: Uint8Array;
  storageKey: HpkePrivateKey;
  transportKeys: { key: HpkePrivateKey; notAfter: number }[];
  /** Unix seconds; also in every `Date`. */
  clock: () => number;
  documentSeconds: number;
  readonly developers: Map<string, Uint8Array>;
  readonly slots: Map<string, FakeSlot>;
  readonly usedNonces: Set<string>;
  readonly nullifiers: Set<string>;
  readonly executed: ExecutedCall[];
  verify: (proof: Uint8Array, statement: Statement) => boolean | Promise<boolean>;
  provider: (call: ExecutedCall) => Response;
}

/** Edge and server in one function: the protocol's checks over maps instead of a database. */
export interface FakeVaultProof {
  readonly url: string;
  readonly fetch: typeof fetch;
  readonly state: FakeState;
  readonly requests: FakeRequest[];
  /** Fingerprint of the identity. */
  identity(): string;
  /** Stands in between: answers in the server's place, changes what came, or lets it pass with undefined. */
  intercept(between: Interceptor | undefined): void;
  /** The document as the server signs it now. */
  document(changes?: Record<string, unknown>): Record<string, unknown>;
}

/** `next` is what the server would answer. */
export type Interceptor = (
  request: FakeRequest,
  next: (changed?: FakeRequest) => Promise<Response>,
) => Promise<Response> | Response;

const URL_OF_FAKE = "https://vault.example";
const DAY = 86_400;

/** Starts a fake; nothing listens. `verify` is what stands for the proof verifier. */
export function createFakeVaultProof(verify: FakeState["verify"]): FakeVaultProof {
  const state = newState(verify);
  const requests: FakeRequest[] = [];
  let between: Interceptor | undefined;
  const serve = async (request: FakeRequest): Promise<Response> => {
    const response = await route(state, request);
    response.headers.set("date", new Date(state.clock() * 1000).toUTCString());
    if (!response.headers.has("vp-source")) response.headers.set("vp-source", "vaultproof");
    return response;
  };
  return {
    url: URL_OF_FAKE,
    state,
    requests,
    identity: () => createServerIdentity(state.identitySeed).fingerprint,
    intercept: (next) => {
      between = next;
    },
    document: (changes) => signedDocument(state, changes),
    fetch: async (input, init) => {
      const sent = new Request(input, init);
      const url = new URL(sent.url);
      if (url.origin !== URL_OF_FAKE) throw new TypeError(`fetch failed: ${url.origin}`);
      init?.signal?.throwIfAborted();
      const { method, headers } = sent;
      const request = { method, path: url.pathname + url.search, headers, body: await sent.text() };
      requests.push(request);
      const next = (changed = request): Promise<Response> => serve(changed);
      return between === undefined ? next() : between(request, next);
    },
  };
}

/** An error as the service words it. */
export function refuse(code: ErrorCode, extra: { reason?: string } = {}): Response {
  return Response.json(errorBody(code, extra), { status: ERRORS[code].status });
}

function newState(verify: FakeState["verify"]): FakeState {
  const clock = (): number => Math.floor(Date.now() / 1000);
  return {
    identitySeed: randomBytes(32),
    storageKey: generateHpkeKeyPair(),
    transportKeys: [{ key: generateHpkeKeyPair(), notAfter: clock() + DAY }],
    clock,
    documentSeconds: 3600,
    developers: new Map(),
    slots: new Map(),
    usedNonces: new Set(),
    nullifiers: new Set(),
    executed: [],
    verify,
    provider: () => Response.json({ ok: true }),
  };
}

async function route(state: FakeState, request: FakeRequest): Promise<Response> {
  const { method, path } = request;
  if (method === "GET" && path === "/.well-known/vaultproof") return Response.json(signedDocument(state));
  const leaf = /^\/api\/v1\/keys\/([^/]+)\/path\?leaf=([0-9a-f]{64})$/.exec(path);
  if (leaf !== null) return answerPath(state, { slotId: leaf[1] ?? "", leaf: BigInt(`0x${leaf[2] ?? ""}`) });
  if (method === "POST" && path === "/api/v1/proxy/call") {
    const call = callSchema.safeParse(JSON.parse(request.body));
    return call.success ? executeCall(state, call.data) : refuse("invalidRequest");
  }
  return answerDeveloper(state, request);
}

function signedDocument(state: FakeState, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const identity = createServerIdentity(state.identitySeed);
  const { referenceString } = manifest;
  const document = {
    identity: toBase64Url(identity.publicKey),
    storageKey: toBase64Url(state.storageKey.publicKey),
    transportKeys: state.transportKeys.map(({ key, notAfter }) => ({
      publicKey: toBase64Url(key.publicKey),
      notAfter,
    })),
    circuit: { program: manifest.programSha256, verificationKey: manifest.verificationKeySha256 },
    crs: { points: referenceString.points, g1: referenceString.g1Sha256, g2: referenceString.g2Sha256 },
    notAfter: state.clock() + state.documentSeconds,
    ...changes,
  };
  return { ...document, signature: toBase64(identity.sign(wellKnownSigningInput(document))) };
}

/** SHA-256, as everything here wants it. */
export function sha256(bytes: Uint8Array | string): Buffer {
  return createHash("sha256").update(bytes).digest();
}
