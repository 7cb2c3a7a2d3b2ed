import type { DeveloperIdentity } from "@vaultproof/protocol/developer-key";
import { verifyEd25519 } from "@vaultproof/protocol/developer-key";
import {
  ANSWER_SIGNATURE,
  DEVELOPER_SIGNATURE,
  keyFingerprint,
  SERVER_HEADER,
} from "@vaultproof/protocol/developer-signature";
import { toBase64Url, utf8ToBytes } from "@vaultproof/protocol/encoding";
import {
  contentDigest,
  readContentDigest,
  readSignature,
  serializeComponent,
  signMessage,
  type SignedRequest,
} from "@vaultproof/protocol/message-signatures";
import { VaultProofError } from "./sdk-error.js";
import type { ServiceConnection } from "./service-connection.js";

/** Reads an answer's body; throws on another shape. The protocol's schemas are of this form. */
export interface AnswerSchema<T> {
  parse(value: unknown): T;
}

/** One request of a developer. */
export interface DeveloperRequest<T> {
  readonly method: "GET" | "POST";
  /** Path without a query. */
  readonly path: string;
  /** What stands behind the path, without its question mark. */
  readonly query?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Reads the answer's JSON. */
  readonly answer: AnswerSchema<T>;
  /** The answer is no JSON: `answer` reads `{ text, header(name) }` instead. */
  readonly raw?: true;
  /** How often to send it at most; only what may be repeated safely is sent more than once. */
  readonly attempts?: number;
  /** Told before it is sent again: by then an attempt whose answer is lost may have been carried out. */
  readonly onRepeat?: () => void;
  readonly keySlotId?: string;
}

/** Signed requests out, verified answers in. */
export interface DeveloperChannel {
  /**
   * @throws VaultProofError `refused` for an error that the server signed, `unauthorized` and `answer-unverified` for
   *   whatever it did not sign, `unreachable` when nothing came back.
   */
  request<T>(request: DeveloperRequest<T>): Promise<T>;
}

const NONCE_BYTES = 24;
const TIMEOUT_MS = 30_000;
const FIRST_PAUSE_MS = 200;
const TOO_MANY_REQUESTS = 429;
/** What a gateway says of a backend that it could not reach: nothing is known of the request then. */
const GATEWAY_FAILURES = new Set([502, 503, 504]);

/** Ties developer, server and connection together. `server.identity` is the raw key that answers must be signed by. */
export function createDeveloperChannel(options: {
  readonly connection: ServiceConnection;
  readonly developer: DeveloperIdentity;
  readonly server: { readonly identity: Uint8Array; readonly fingerprint: string };
  readonly pause?: (milliseconds: number) => Promise<void>;
}): DeveloperChannel {
  const { pause = sleep } = options;
  return {
    async request(request) {
      const body = request.body === undefined ? undefined : JSON.stringify(request.body);
      for (let attempt = 1; ; attempt++) {
        try {
          return await exchange({ ...options, request, body });
        } catch (error) {
          const again = error instanceof VaultProofError && error.code === "unreachable";
          if (!again || attempt >= (request.attempts ?? 1)) throw error;
          await pause(FIRST_PAUSE_MS * 4 ** (attempt - 1));
          request.onRepeat?.();
        }
      }
    },
  };
}

async function exchange<T>(options: {
  readonly connection: ServiceConnection;
  readonly developer: DeveloperIdentity;
  readonly server: { readonly identity: Uint8Array; readonly fingerprint: string };
  readonly request: DeveloperRequest<T>;
  readonly body: string | undefined;
}): Promise<T> {
  const { connection, request, body } = options;
  const headers = await signedHeaders(options);
  const signed = describeRequest(request, headers);
  let response: Response;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    response = await connection.send({
      method: request.method,
      target: request.query === undefined ? request.path : `${request.path}?${request.query}`,
      headers,
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw new VaultProofError("unreachable", `${connection.origin} gave no answer to ${request.path}`, {
      cause,
      ...about(request),
    });
  }
  if (!(await isSignedByServer({ ...options, response, bytes, signed }))) throw unsigned(response, request);
  return readAnswer(response, bytes, request);
}

/** The request's headers with the developer's signature; a new nonce each time, also for a repeat. */
async function signedHeaders(options: {
  readonly connection: ServiceConnection;
  readonly developer: DeveloperIdentity;
  readonly server: { readonly fingerprint: string };
  readonly request: DeveloperRequest<unknown>;
  readonly body: string | undefined;
}): Promise<Record<string, string>> {
  const { connection, developer, server, request, body } = options;
  const headers: Record<string, string> = {
    "content-digest": contentDigest(await sha256(utf8ToBytes(body ?? ""))),
    [SERVER_HEADER]: server.fingerprint,
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  const created = connection.clock.now();
  const { signatureInput, signature } = await signMessage({
    message: describeRequest(request, headers),
    label: DEVELOPER_SIGNATURE.label,
    components: DEVELOPER_SIGNATURE.components,
    parameters: {
      created,
      expires: created + DEVELOPER_SIGNATURE.lifetimeSeconds,
      nonce: toBase64Url(crypto.getRandomValues(new Uint8Array(NONCE_BYTES))),
      keyid: keyFingerprint(developer.publicKey),
      alg: DEVELOPER_SIGNATURE.algorithm,
      tag: DEVELOPER_SIGNATURE.tag,
    },
    sign: (base) => developer.sign(base),
  });
  return { ...headers, "signature-input": signatureInput, signature };
}

/** Whether the answer carries the pinned server's signature over itself and over this one request. */
async function isSignedByServer(options: {
  readonly server: { readonly identity: Uint8Array; readonly fingerprint: string };
  readonly response: Response;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly signed: SignedRequest;
}): Promise<boolean> {
  const { server, response, bytes, signed } = options;
  const header = (name: string): string | undefined => response.headers.get(name) ?? undefined;
  const message = { status: response.status, header, request: signed };
  const found = readSignature(message, ANSWER_SIGNATURE.label);
  const digest = readContentDigest(header("content-digest"));
  if (found === null || digest === null) return false;
  const { parameters, components } = found;
  const expected = ANSWER_SIGNATURE.components.map(serializeComponent);
  const actualDigest = await sha256(bytes);
  return (
    parameters.tag === ANSWER_SIGNATURE.tag &&
    parameters.keyid === server.fingerprint &&
    components.length === expected.length &&
    components.every((component, i) => component === expected[i]) &&
    digest.every((byte, i) => byte === actualDigest[i]) &&
    verifyEd25519(server.identity, found.base, found.signature)
  );
}

function describeRequest(
  request: DeveloperRequest<unknown>,
  headers: Readonly<Record<string, string>>,
): SignedRequest {
  const { method, path, query = "" } = request;
  return { method, path, query: `?${query}`, header: (name) => headers[name] };
}

function unsigned(response: Response, request: DeveloperRequest<unknown>): VaultProofError {
  const detail = { status: response.status, ...about(request) };
  if (response.status === 401) {
    return new VaultProofError(
      "unauthorized",
      "this developer is not registered there, or this device's clock is wrong (such an answer cannot be signed)",
      detail,
    );
  }
  if (GATEWAY_FAILURES.has(response.status)) {
    return new VaultProofError("unreachable", `the edge answered ${response.status}`, detail);
  }
  if (response.status === TOO_MANY_REQUESTS) {
    // Not a refusal of the server's: a write may have gone through before somebody between took no more.
    const seconds = response.headers.get("retry-after");
    const when = seconds !== null && /^[0-9]{1,5}$/.test(seconds) ? `in ${seconds} s` : "later";
    return new VaultProofError(
      "answer-unverified",
      `the edge takes no more requests from this address for now; try again ${when}`,
      detail,
    );
  }
  return new VaultProofError(
    "answer-unverified",
    `${request.method} ${request.path} was answered ${response.status} by something in between; nothing was changed ` +
      "on this device",
    detail,
  );
}

function readAnswer<T>(response: Response, bytes: Uint8Array, request: DeveloperRequest<T>): T {
  let body: unknown;
  try {
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    if (response.ok && request.raw === true) {
      return request.answer.parse({ text, header: (name: string) => response.headers.get(name) });
    }
    body = JSON.parse(text);
    if (response.ok) return request.answer.parse(body);
  } catch (cause) {
    throw new VaultProofError("refused", "its answer has not the documented form", {
      cause,
      status: response.status,
      ...about(request),
    });
  }
  const { error, reason, details } = body as { error?: string; reason?: string; details?: string[] };
  const said = [error, reason, ...(details ?? [])].filter((part) => part !== undefined).join("; ");
  throw new VaultProofError("refused", said, {
    status: response.status,
    ...(reason === undefined ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    ...about(request),
  });
}

function about(request: DeveloperRequest<unknown>): { keySlotId?: string } {
  return request.keySlotId === undefined ? {} : { keySlotId: request.keySlotId };
}

async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes)));
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
