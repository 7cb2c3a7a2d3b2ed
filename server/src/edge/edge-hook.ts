import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ERRORS, errorBody } from "@vaultproof/protocol/errors";
import { REQUEST_ID_HEADER } from "@vaultproof/protocol/request-id";
import { startStepTimer, type OnTiming } from "../proxy/step-timer.js";
import { createEdgeVerifier, type EdgeVerifiedHead, type EdgeVerifiedRequest } from "./verify-edge.js";

const NO_BODY = Buffer.alloc(0);
/** Properties of a request that nothing but this file can name. */
const HEAD = Symbol("head");
const VERIFIED = Symbol("verified");

/** What is known of a request: its head, and from its body on the whole. */
interface Vouched {
  [HEAD]?: EdgeVerifiedHead | null;
  [VERIFIED]?: EdgeVerifiedRequest | null;
}

/**
 * Makes every route of `app`, the unknown ones too, answer `403 {"error":"Forbidden"}` to whatever no edge vouches for.
 * Bodies of every content type stay the bytes that arrived; their digest is compared before anything parses them.
 *
 * Call it before routes are added, on the root instance. A target that the router itself cannot read never comes to a
 * hook: give Fastify `frameworkErrors: (_error, _request, reply) => forbid(reply)` and
 * `clientErrorHandler: forbidConnection` as well.
 *
 * @param options.now Unix seconds.
 */
export function requireEdge(
  app: FastifyInstance,
  options: {
    readonly secrets: readonly { readonly id: string; readonly secret: Uint8Array }[];
    readonly now: () => number;
    /** Told of every request, not of calls alone. */
    readonly onTiming?: OnTiming | undefined;
  },
): void {
  const verifier = createEdgeVerifier(options);
  app.decorateRequest(HEAD, null);
  app.decorateRequest(VERIFIED, null);

  // Node refuses an expectation that it does not know by itself, in a form of its own and before any hook.
  app.server.on("checkExpectation", (request, response) => app.server.emit("request", request, response));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));

  app.addHook("onRequest", (request, reply, done) => {
    const endStep = startStepTimer(options.onTiming);
    const head = verifier.verifyHead(request.raw);
    endStep("edgeSignature");
    if (head === null) return void forbid(reply);
    vouched(request)[HEAD] = head;
    done();
  });

  app.addHook("preValidation", (request, reply, done) => {
    const endStep = startStepTimer(options.onTiming);
    const head = vouched(request)[HEAD] ?? null;
    const body = readBody(request);
    const verified = head === null || body === null ? null : verifier.verifyBody(head, body);
    endStep("contentDigest");
    if (verified === null) return void forbid(reply);
    vouched(request)[VERIFIED] = verified;
    done();
  });
}

/** The request as step 1 left it. Throws if it never went through {@link requireEdge}. */
export function edgeVerified(request: FastifyRequest): EdgeVerifiedRequest {
  const verified = vouched(request)[VERIFIED] ?? null;
  if (verified === null) throw new Error("a route was reached without an edge signature");
  return verified;
}

function vouched(request: FastifyRequest): Vouched {
  return request as unknown as Vouched;
}

/** The one answer to a request that no edge vouches for. */
export function forbid(reply: FastifyReply): FastifyReply {
  reply.request.refusal = "forbidden";
  return reply
    .code(ERRORS.forbidden.status)
    .header("vp-source", "vaultproof")
    .header(REQUEST_ID_HEADER, reply.request.id)
    .type("application/json")
    .send(JSON.stringify(errorBody("forbidden")));
}

/**
 * The same answer, on a connection whose bytes are no HTTP request or do not become one in time: Fastify's
 * `clientErrorHandler`.
 */
export function forbidConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  // Reset by the peer, or an answer is already under way: there is nothing to say.
  if (error.code === "ECONNRESET" || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(errorBody("forbidden"));
  const head = `HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
  const own = `Vp-Source: vaultproof\r\nVp-Request-Id: ${randomUUID()}\r\n`;
  socket.end(`${head}${own}Connection: close\r\n\r\n${body}`);
}

/** What the content type parser left; null for a body that Fastify did not read because of the method. */
function readBody({ body, raw }: FastifyRequest): Buffer | null {
  if (Buffer.isBuffer(body)) return body;
  const { "content-length": length, "transfer-encoding": coding } = raw.headers;
  return coding === undefined && (length === undefined || length === "0") ? NO_BODY : null;
}
