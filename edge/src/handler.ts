import { USAGE_HEADER } from "@vaultproof/protocol/caps";
import { callWireLimit, LIMITS } from "@vaultproof/protocol/limits";
import { REQUEST_ID_HEADER } from "@vaultproof/protocol/request-id";
import { Hono } from "hono";
import { cors } from "hono/cors";
import { SOURCE_HEADER, errorAnswer } from "./answer.js";
import { type BackendFetch, platformFetch } from "./backend-fetch.js";
import { addressBlock, clientAddress, trustProxies } from "./client-address.js";
import { createDirectAccess, DIRECT_ACCESS_PATH } from "./direct-access.js";
import type { OnFailure } from "./failure.js";
import { createForwarder } from "./forward.js";
import { createHealth } from "./health.js";
import { makeInert } from "./inert-answer.js";
import { createRateLimiter } from "./rate-limit.js";
import { readTarget, routedPath } from "./request-target.js";
import { type EdgeSecret, createSigner, randomNonce as freshNonce } from "./sign-request.js";

export type { BackendFetch, BackendRequest } from "./backend-fetch.js";
export type { EdgeFailure, OnFailure } from "./failure.js";

/** What an edge is set to. */
export interface EdgeConfig {
  /** An origin: scheme, host and port, no path. */
  readonly backendUrl: URL;
  /** The first signs. */
  readonly secrets: readonly EdgeSecret[];
  /** Calls a minute of one client under `/api/v1/proxy/`; 0 switches the limit off. */
  readonly ipCallsPerMinute: number;
  /** Registrations of developers a minute from one client; 0 switches the limit off. */
  readonly ipRegistrationsPerMinute: number;
  /** Bytes for the provider; the body of a call may be larger by its encoding. */
  readonly bodyLimit: number;
  /** Addresses and CIDR ranges whose `X-Forwarded-For` counts. */
  readonly trustedProxies: readonly string[];
  /** Origins whose pages may read answers. */
  readonly corsOrigins: readonly string[];
}

/** What the platform knows of a request besides the request. */
export interface Connection {
  readonly peerAddress: string;
  /** The request target as it came, where the platform tells; `Request.url` is already normalised. */
  readonly target?: string;
}

/** An edge: one function from a request to its answer. */
export interface Edge {
  fetch(request: Request, connection: Connection): Promise<Response>;
}

/** What is known of a request besides itself. */
interface Bindings {
  readonly target: string | undefined;
  readonly client: string;
  readonly requestId: string;
}

const PROXY_PREFIX = "/api/v1/proxy/";
const REGISTRATION = /^\/api\/v1\/developers\/?$/;
const CORS = {
  allowMethods: ["GET", "HEAD", "POST"],
  allowHeaders: ["content-type", "content-digest", "signature", "signature-input", "vp-server"],
  // The star covers whatever headers a provider sends; the others are named for clients that do not know it.
  exposeHeaders: [
    ...[SOURCE_HEADER, USAGE_HEADER, REQUEST_ID_HEADER, "retry-after", "vp-log-head"],
    ...["content-digest", "signature", "signature-input", "*"],
  ],
  maxAge: 600,
};

/**
 * Builds an edge. It forwards every request to the backend, signed, except `/health`, CORS preflights and what belongs to
 * the page.
 *
 * @param options.servesPage whether the page is served at this origin, and so gets the one route made for it.
 * @param options.fetch how the backend is reached; the platform's `fetch` unless given.
 * @param options.now milliseconds since the epoch.
 * @param options.randomNonce a fresh nonce for a signature.
 * @param options.isStopping whether what comes from now on is to be sent elsewhere; never unless given.
 * @param options.onFailure told why a request could not be answered as it should.
 * @throws TypeError when the configuration is unusable.
 */
export function createEdge(options: {
  readonly config: EdgeConfig;
  readonly fetch?: BackendFetch;
  readonly now?: () => number;
  readonly randomNonce?: () => string;
  readonly isStopping?: () => boolean;
  readonly onFailure?: OnFailure;
  readonly servesPage?: boolean;
}): Edge {
  const { config, fetch = platformFetch(), now = Date.now, randomNonce = freshNonce } = options;
  const { isStopping = () => false, onFailure = () => undefined, servesPage = false } = options;
  const [secret] = config.secrets;
  if (secret === undefined) throw new TypeError("an edge needs a secret");
  const backendOrigin = config.backendUrl.origin;
  const isTrusted = trustProxies(config.trustedProxies);
  const refuseCall = refuseOver({ limit: config.ipCallsPerMinute, now });
  const refuseRegistration = refuseOver({ limit: config.ipRegistrationsPerMinute, now });
  const sign = createSigner({ secret, now, randomNonce });
  const forward = createForwarder({ backendOrigin, fetch, sign, onFailure });
  const callLimit = callWireLimit(config.bodyLimit);
  const health = createHealth({ backendOrigin, fetch, sign, now, isStopping });
  const directAccess = createDirectAccess({ backendOrigin, fetch, now, onFailure });

  const app = new Hono<{ Bindings: Bindings }>();
  app.options("*", async (c, next) => {
    await next();
    c.res.headers.set(SOURCE_HEADER, "vaultproof");
  });
  if (config.corsOrigins.length > 0) app.use(cors({ ...CORS, origin: [...config.corsOrigins] }));
  app.options("*", () => new Response(null, { status: 204 }));
  app.get("/health", (c) => health(c.env.client));
  app.all("/health", () => errorAnswer("methodNotAllowed", {}, { allow: "GET, HEAD" }));
  if (servesPage) {
    app.post(DIRECT_ACCESS_PATH, async (c) => {
      if (isStopping()) return stopping();
      // It costs the backend what a refused call costs it.
      const { client, requestId } = c.env;
      return refuseCall(client) ?? (await directAccess(c.req.raw, requestId));
    });
    app.all(DIRECT_ACCESS_PATH, () => errorAnswer("methodNotAllowed", {}, { allow: "POST" }));
  }
  app.all("*", (c) => {
    if (isStopping()) return stopping();
    const request = c.req.raw;
    const target = readTarget(request.url, c.env.target);
    if (target === null)
      return errorAnswer("invalidRequest", { details: ["The path cannot be passed on as it is"] });
    const routed = routedPath(target.path);
    const isCall = routed.startsWith(PROXY_PREFIX);
    const isRegistration = request.method === "POST" && REGISTRATION.test(routed);
    const refusal = isCall
      ? refuseCall(c.env.client)
      : isRegistration
        ? refuseRegistration(c.env.client)
        : null;
    if (refusal !== null) return refusal;
    // Nobody but a caller has megabytes to send, and what is buffered here is buffered for each request.
    const bodyLimit = isCall ? callLimit : LIMITS.developerBodyBytes;
    const { client, requestId } = c.env;
    return forward({ request, requestId, target, bodyLimit, clientAddress: client });
  });
  app.onError((error, c) => {
    const { requestId } = c.env;
    onFailure({ requestId, answered: "internal", error });
    return errorAnswer("internal", { requestId });
  });

  return {
    async fetch(request, { peerAddress, target }) {
      const requestId = crypto.randomUUID();
      const client = clientAddress({
        peerAddress,
        forwardedFor: request.headers.get("x-forwarded-for"),
        isTrusted,
      });
      const answer =
        client === null
          ? errorAnswer("invalidRequest", { details: ["The client has no address"] })
          : await app.fetch(request, { client, target, requestId });
      answer.headers.set(REQUEST_ID_HEADER, requestId);
      makeInert(answer.headers);
      return answer;
    },
  };
}

function stopping(): Response {
  return errorAnswer("shuttingDown", {}, { "retry-after": "1" });
}

/** Counts what a client sends and gives the answer to what is over the limit, null to the rest. */
function refuseOver(options: {
  readonly limit: number;
  readonly now: () => number;
}): (client: string) => Response | null {
  const { limit, now } = options;
  const count = createRateLimiter(options);
  return (client) => {
    const rate = count(addressBlock(client));
    if (rate.allowed) return null;
    const retryAfter = Math.max(1, Math.ceil((rate.resetsAt - now()) / 1000));
    const reset = Math.ceil(rate.resetsAt / 1000);
    return errorAnswer(
      "rateLimited",
      { limit, used: rate.used, reset },
      { "retry-after": String(retryAfter) },
    );
  };
}
