import { LIMITS } from "@vaultproof/protocol/limits";
import { PROVIDERS } from "@vaultproof/protocol/providers";
import { CALL_METHODS, type CallMethod } from "@vaultproof/protocol/identifiers";
import { abortable } from "./abortable.js";

/** What an app wants of the provider, in the protocol's terms. */
export interface OutgoingCall {
  readonly method: CallMethod;
  /** Path and query at the provider. */
  readonly targetPath: string;
  /** By lowercase name. */
  readonly headers: Readonly<Record<string, string>>;
  /** The exact bytes for the provider; null where there is no body. */
  readonly body: Uint8Array<ArrayBuffer> | null;
}

/** Framing of the connection between two hosts: the server's own, never the app's. */
const CONNECTION_HEADERS = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "keep-alive",
  "upgrade",
  "te",
  "trailer",
  "expect",
]);

/**
 * Where keys are put. A client library made for the provider fills one of these with whatever it was configured with;
 * the server would drop it, but on its way there it would pass the edge.
 */
const CREDENTIAL_HEADERS = new Set<string>([
  "authorization",
  "proxy-authorization",
  "cookie",
  ...Object.values(PROVIDERS).map(({ headerName }) => headerName),
]);

/** The signal that a fetch with these arguments would obey. */
export function fetchSignal(
  input: string | URL | Request,
  init: RequestInit | undefined,
): AbortSignal | undefined {
  if (init?.signal !== undefined) return init.signal ?? undefined;
  return input instanceof Request ? input.signal : undefined;
}

/**
 * Reads fetch's arguments. The platform's own Request serialises the body, so that form data, blobs, parameters and
 * streams come out as fetch would send them; a stream is read to its end, because the proof covers the bytes.
 *
 * @param providerOrigin paths are resolved against it, and an absolute URL must be on it.
 * @throws TypeError for another origin and for what the protocol cannot carry; the signal's reason.
 */
export async function readOutgoingCall(
  input: string | URL | Request,
  init: RequestInit | undefined,
  { providerOrigin, signal }: { readonly providerOrigin: string; readonly signal: AbortSignal | undefined },
): Promise<OutgoingCall> {
  signal?.throwIfAborted();
  const url = providerUrl(input instanceof Request ? input.url : String(input), providerOrigin);
  // Streams as bodies need `duplex`, and may have it in any other case.
  const half = { ...init, signal: null, duplex: "half" };
  const request = input instanceof Request ? new Request(input, half) : new Request(url, half);
  const method = callMethod(request.method);
  const targetPath = url.pathname + url.search;
  if (targetPath.length > LIMITS.targetPathChars) throw new TypeError("the path is too long");
  const headers = callHeaders(request.headers);
  const body = request.body === null ? null : new Uint8Array(await abortable(request.arrayBuffer(), signal));
  return { method, targetPath, headers, body };
}

function providerUrl(text: string, providerOrigin: string): URL {
  let url: URL;
  try {
    url = new URL(text, providerOrigin);
  } catch (cause) {
    throw new TypeError("not a URL", { cause });
  }
  if (url.origin !== providerOrigin) {
    throw new TypeError(`this app calls ${providerOrigin} only, not ${url.origin}`);
  }
  if (url.username !== "" || url.password !== "") throw new TypeError("a URL with credentials");
  return url;
}

function callMethod(text: string): CallMethod {
  const method = CALL_METHODS.find((known) => known === text.toUpperCase());
  if (method === undefined) throw new TypeError(`VaultProof carries ${CALL_METHODS.join(", ")}, not ${text}`);
  return method;
}

function callHeaders(headers: Headers): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of headers) {
    if (CONNECTION_HEADERS.has(name) || CREDENTIAL_HEADERS.has(name)) continue;
    if (value.length > LIMITS.headerValueChars) throw new TypeError(`the header ${name} is too long`);
    kept[name] = value;
  }
  if (Object.keys(kept).length > LIMITS.headerCount) throw new TypeError("too many headers");
  return kept;
}
