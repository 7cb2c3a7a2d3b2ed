import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { answerHeaders } from "./call-headers.js";
import { errorBody, type ShapedError } from "./error-shape.js";

/** How long the rest of a refused upload is read, so that its sender gets to see the refusal. */
const LINGER_MS = 2_000;

/**
 * Passes an answer on as it comes, no faster than the client takes it.
 *
 * @throws what the answer's body throws, and the signal's reason.
 */
export async function sendAnswer(
  outgoing: ServerResponse,
  response: Response,
  signal: AbortSignal,
): Promise<void> {
  if (response.statusText !== "") outgoing.statusMessage = response.statusText;
  outgoing.writeHead(response.status, answerHeaders(response.headers));
  if (response.body !== null) {
    // A stream's client waits for the head, which may come long before the first piece.
    outgoing.flushHeaders();
    for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
      if (!outgoing.write(piece)) await once(outgoing, "drain", { signal });
    }
  }
  outgoing.end();
}

/** Answers with an error in the form of the provider that a slug names. */
export async function sendError(
  exchange: { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse },
  slug: string | undefined,
  error: ShapedError & { readonly retryAfter?: string | undefined },
): Promise<void> {
  const { incoming, outgoing } = exchange;
  if (outgoing.headersSent || outgoing.destroyed) {
    cutAnswer(outgoing);
    return;
  }
  const body = errorBody(slug, error);
  if (!incoming.complete) outgoing.shouldKeepAlive = false;
  outgoing.writeHead(error.status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "vp-source": "vaultproof",
    ...(error.status === 405 ? { allow: "GET, HEAD, POST, PUT, PATCH, DELETE" } : {}),
    ...(error.retryAfter === undefined ? {} : { "retry-after": error.retryAfter }),
  });
  outgoing.end(body);
  if (!incoming.complete) await discardRest(incoming);
}

/**
 * Breaks an answer off so that it cannot be taken for whole: in HTTP/1.0 an answer may end with its connection, and
 * only a reset tells that this was not the end.
 */
export function cutAnswer(outgoing: ServerResponse): void {
  if (outgoing.req.httpVersion === "1.0") outgoing.req.socket.resetAndDestroy();
  outgoing.destroy();
}

/** A sender that is cut off in mid-upload may lose the answer that tells it why. */
async function discardRest(incoming: IncomingMessage): Promise<void> {
  const enough = new AbortController();
  const ended = once(incoming, "close", { signal: enough.signal }).catch(() => undefined);
  incoming.resume();
  await Promise.race([ended, delay(LINGER_MS, undefined, { signal: enough.signal, ref: false })]).catch(
    () => undefined,
  );
  enough.abort();
  if (!incoming.complete) incoming.socket.destroySoon();
}
