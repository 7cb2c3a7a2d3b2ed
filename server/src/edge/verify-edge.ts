import { createHmac, createSecretKey, hash, timingSafeEqual, type KeyObject } from "node:crypto";
import { isIP } from "node:net";
import { CLIENT_IP_HEADER, EDGE_SIGNATURE, edgeComponents } from "@vaultproof/protocol/edge-signature";
import {
  readContentDigest,
  readSignature,
  serializeComponent,
  type ParsedSignature,
  type SignedRequest,
} from "@vaultproof/protocol/message-signatures";
import { createSeenNonces } from "./seen-nonces.js";

declare const verified: unique symbol;

/**
 * A request that an edge vouches for: its signature, its freshness and the digest of its body were checked. Only this
 * file makes one, so whoever takes one cannot be reached around step 1.
 */
export interface EdgeVerifiedRequest extends SignedRequest {
  readonly [verified]: true;
  /** The bytes as they arrived; empty where there were none. */
  readonly body: Buffer;
  /** The client's address as the edge saw it. */
  readonly clientIp: string;
  readonly origin: string | undefined;
}

/** A request before its body was read, as Node's HTTP parser gives it. */
export interface RawRequest {
  readonly method?: string | undefined;
  /** The target of the request line, not normalised. */
  readonly url?: string | undefined;
  /** Names and values in turn, duplicates kept. */
  readonly rawHeaders: readonly string[];
}

/** A request whose signature holds, its body still to come. */
export interface EdgeVerifiedHead {
  readonly request: SignedRequest;
  readonly bodyDigest: Uint8Array;
  readonly clientIp: string;
  readonly origin: string | undefined;
}

/** Step 1 of a call and of every other request. Both halves answer null for whatever is wrong: nothing is told apart. */
export interface EdgeVerifier {
  /** Before the body is read, so that nobody without an edge's secret makes the server buffer anything. */
  verifyHead(raw: RawRequest): EdgeVerifiedHead | null;
  /** Before the body is parsed. */
  verifyBody(head: EdgeVerifiedHead, body: Buffer): EdgeVerifiedRequest | null;
}

/** Accepted for its lifetime, and from as early as the edge's clock may be ahead. */
const ACCEPTED_SECONDS = EDGE_SIGNATURE.lifetimeSeconds + EDGE_SIGNATURE.maxSkewSeconds + 1;
const MAX_NONCE_CHARS = 128;
/** Fields whose second line would let two readers see two requests. Others are joined as RFC 9110 section 5.2 says. */
const SINGULAR =
  /^(?:content-digest|content-type|content-length|signature|signature-input|origin|host|vp-.*)$/;
const COMPONENTS = identifiers(false);
const COMPONENTS_WITH_ORIGIN = identifiers(true);

/**
 * Makes the check of edge signatures: RFC 9421 `hmac-sha256` with exactly the protocol's components and tag, at most
 * 30 s old and 5 s ahead, each nonce once in this process.
 *
 * @param options.secrets all of them verify.
 * @param options.now Unix seconds.
 */
export function createEdgeVerifier(options: {
  readonly secrets: readonly { readonly id: string; readonly secret: Uint8Array }[];
  readonly now: () => number;
}): EdgeVerifier {
  const keys = new Map(options.secrets.map(({ id, secret }) => [id, createSecretKey(secret)]));
  const nonces = createSeenNonces({ seconds: ACCEPTED_SECONDS });
  return {
    verifyHead(raw) {
      const request = readRequest(raw);
      if (request === null) return null;
      const bodyDigest = readContentDigest(request.header("content-digest"));
      const clientIp = request.header(CLIENT_IP_HEADER);
      const origin = request.header("origin");
      if (bodyDigest === null || clientIp === undefined || isIP(clientIp) === 0) return null;
      const signature = readSignature(request, EDGE_SIGNATURE.label);
      const now = options.now();
      if (signature === null || !covers(signature, origin) || !isFresh(signature, now)) return null;
      const { keyid, nonce } = signature.parameters;
      if (keyid === undefined || nonce === undefined || nonce === "" || nonce.length > MAX_NONCE_CHARS)
        return null;
      if (!isMadeWith(keys.get(keyid), signature)) return null;
      // Last, so that only what an edge signed is remembered.
      return nonces.use(`${keyid} ${nonce}`, now) ? { request, bodyDigest, clientIp, origin } : null;
    },
    verifyBody({ request, bodyDigest, clientIp, origin }, body) {
      if (Buffer.compare(hash("sha256", body, "buffer"), bodyDigest) !== 0) return null;
      return { ...request, body, clientIp, origin } as unknown as EdgeVerifiedRequest;
    },
  };
}

function readRequest({ method, url, rawHeaders }: RawRequest): SignedRequest | null {
  if (method === undefined || url?.startsWith("/") !== true) return null;
  const headers = readHeaders(rawHeaders);
  if (headers === null) return null;
  const query = url.indexOf("?");
  return {
    method,
    path: query === -1 ? url : url.slice(0, query),
    query: query === -1 ? "?" : url.slice(query),
    header: (name) => headers.get(name),
  };
}

function readHeaders(raw: readonly string[]): Map<string, string> | null {
  const headers = new Map<string, string>();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? "").toLowerCase();
    const value = raw[i + 1] ?? "";
    const earlier = headers.get(name);
    if (earlier !== undefined && SINGULAR.test(name)) return null;
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return headers;
}

function covers({ components, parameters }: ParsedSignature, origin: string | undefined): boolean {
  const { alg, tag } = parameters;
  const wanted = origin === undefined ? COMPONENTS : COMPONENTS_WITH_ORIGIN;
  return (
    tag === EDGE_SIGNATURE.tag &&
    (alg === undefined || alg === EDGE_SIGNATURE.algorithm) &&
    components.length === wanted.length &&
    wanted.every((identifier, i) => components[i] === identifier)
  );
}

function isFresh({ parameters: { created, expires } }: ParsedSignature, now: number): boolean {
  return (
    expires !== undefined &&
    expires > created &&
    expires - created <= EDGE_SIGNATURE.lifetimeSeconds &&
    created <= now + EDGE_SIGNATURE.maxSkewSeconds &&
    now <= expires
  );
}

function isMadeWith(key: KeyObject | undefined, { base, signature }: ParsedSignature): boolean {
  if (key === undefined) return false;
  const expected = createHmac("sha256", key).update(base).digest();
  return expected.length === signature.length && timingSafeEqual(expected, signature);
}

function identifiers(hasOrigin: boolean): readonly string[] {
  return edgeComponents(hasOrigin).map(serializeComponent);
}
