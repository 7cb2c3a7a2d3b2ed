import { createHash, createHmac, randomBytes } from "node:crypto";
import {
  deriveDeveloperIdentity,
  formatDeveloperKey,
  parseDeveloperKey,
  verifyEd25519,
  type DeveloperIdentity,
} from "@vaultproof/protocol/developer-key";
import {
  ANSWER_SIGNATURE,
  DEVELOPER_SIGNATURE,
  SERVER_HEADER,
  keyFingerprint,
} from "@vaultproof/protocol/developer-signature";
import { CLIENT_IP_HEADER, EDGE_SIGNATURE, edgeComponents } from "@vaultproof/protocol/edge-signature";
import {
  contentDigest,
  mergeMember,
  readContentDigest,
  readSignature,
  serializeComponent,
  signMessage,
  type SignatureParameters,
  type SignedRequest,
} from "@vaultproof/protocol/message-signatures";

/** An edge that the server under test knows. */
export interface TestEdge {
  readonly id: string;
  readonly secret: Uint8Array;
}

/** A request as it goes over the wire. Header names are lowercase. */
export interface WireRequest {
  readonly method: string;
  /** Path with query. */
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** A developer as a device has one. */
export interface TestDeveloper {
  readonly keyid: string;
  readonly identity: DeveloperIdentity;
}

/** An answer as a client sees it. Header names are lowercase. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Uint8Array;
}

export function makeEdge(id = "test-edge"): TestEdge {
  return { id, secret: randomBytes(32) };
}

export function makeDeveloper(): TestDeveloper {
  const identity = deriveDeveloperIdentity(parseDeveloperKey(formatDeveloperKey("test", randomBytes(32))));
  return { identity, keyid: keyFingerprint(identity.publicKey) };
}

/** A request without any signature. A body that is not bytes already is sent as JSON. */
export function plainRequest(
  method: string,
  url: string,
  options: { readonly body?: unknown; readonly headers?: Record<string, string> } = {},
): WireRequest {
  const { body } = options;
  const bytes =
    body === undefined
      ? Buffer.alloc(0)
      : body instanceof Uint8Array
        ? Buffer.from(body)
        : Buffer.from(JSON.stringify(body));
  const type = bytes.length === 0 ? {} : { "content-type": "application/json" };
  const digest = contentDigest(createHash("sha256").update(bytes).digest());
  return { method, url, headers: { ...type, "content-digest": digest, ...options.headers }, body: bytes };
}

/** Adds a developer's signature, right unless `parameters` or `components` say otherwise. */
export async function signAsDeveloper(
  request: WireRequest,
  {
    developer,
    server,
    parameters = {},
    components = DEVELOPER_SIGNATURE.components,
  }: {
    readonly developer: TestDeveloper;
    /** Fingerprint of the server that it is meant for. */
    readonly server: string;
    readonly parameters?: Partial<SignatureParameters>;
    readonly components?: typeof DEVELOPER_SIGNATURE.components;
  },
): Promise<WireRequest> {
  const created = parameters.created ?? nowSeconds();
  const headers = { ...request.headers, [SERVER_HEADER]: server };
  return await addSignature(
    { ...request, headers },
    {
      label: DEVELOPER_SIGNATURE.label,
      components,
      parameters: {
        created,
        expires: created + DEVELOPER_SIGNATURE.lifetimeSeconds,
        nonce: randomBytes(16).toString("base64url"),
        keyid: developer.keyid,
        tag: DEVELOPER_SIGNATURE.tag,
        ...parameters,
      },
      sign: (base) => developer.identity.sign(base),
    },
  );
}

/** Adds what an edge adds: the digest of what it passes on, the client's address, and its signature. */
export async function signAsEdge(
  request: WireRequest,
  {
    edge,
    clientIp = "203.0.113.7",
    parameters = {},
  }: {
    readonly edge: TestEdge;
    readonly clientIp?: string;
    readonly parameters?: Partial<SignatureParameters>;
  },
): Promise<WireRequest> {
  const created = parameters.created ?? nowSeconds();
  const digest = contentDigest(createHash("sha256").update(request.body).digest());
  const headers: Record<string, string> = {
    ...request.headers,
    "content-digest": digest,
    [CLIENT_IP_HEADER]: clientIp,
  };
  return await addSignature(
    { ...request, headers },
    {
      label: EDGE_SIGNATURE.label,
      components: edgeComponents(headers.origin !== undefined),
      parameters: {
        created,
        expires: created + EDGE_SIGNATURE.lifetimeSeconds,
        nonce: randomBytes(16).toString("base64url"),
        keyid: edge.id,
        tag: EDGE_SIGNATURE.tag,
        ...parameters,
      },
      sign: (base) => createHmac("sha256", edge.secret).update(base).digest(),
    },
  );
}

/**
 * What a client checks before it believes an answer: that this server signed it, for this request, with this status
 * and these bytes.
 *
 * @param serverKey raw Ed25519 public key.
 */
export function isSignedAnswer(answer: WireAnswer, request: WireRequest, serverKey: Uint8Array): boolean {
  const header = (name: string) => headerText(answer.headers[name]);
  const signature = readSignature(
    { status: answer.status, header, request: toSignedRequest(request) },
    ANSWER_SIGNATURE.label,
  );
  const digest = readContentDigest(header("content-digest"));
  return (
    signature !== null &&
    signature.parameters.tag === ANSWER_SIGNATURE.tag &&
    signature.components.join() === ANSWER_SIGNATURE.components.map(serializeComponent).join() &&
    digest !== null &&
    Buffer.compare(createHash("sha256").update(answer.body).digest(), digest) === 0 &&
    verifyEd25519(serverKey, signature.base, signature.signature)
  );
}

async function addSignature(
  request: WireRequest,
  options: Omit<Parameters<typeof signMessage>[0], "message">,
): Promise<WireRequest> {
  const { signatureInput, signature } = await signMessage({ message: toSignedRequest(request), ...options });
  const { headers } = request;
  return {
    ...request,
    headers: {
      ...headers,
      "signature-input": mergeMember(headers["signature-input"], signatureInput),
      signature: mergeMember(headers.signature, signature),
    },
  };
}

function toSignedRequest({ method, url, headers }: WireRequest): SignedRequest {
  const query = url.indexOf("?");
  return {
    method,
    path: query === -1 ? url : url.slice(0, query),
    query: query === -1 ? "?" : url.slice(query),
    header: (name) => headers[name],
  };
}

function headerText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
