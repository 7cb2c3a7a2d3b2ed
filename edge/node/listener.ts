import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { REQUEST_ID_HEADER } from "@vaultproof/protocol/request-id";
import { errorAnswer } from "../src/answer.js";
import type { Edge } from "../src/handler.js";
import { cutAnswer } from "./cut-answer.js";
import { answerPage } from "./page-answer.js";
import type { PageFiles } from "./page-files.js";

/** How long the rest of a refused upload is read, so that its sender gets to see the refusal. */
const LINGER_MS = 2_000;
/** Stands in for the `Host` that a client may write anything into; nothing reads it. */
const PLACEHOLDER_ORIGIN = "http://edge";

/** What a listener serves, and how. */
export interface ListenerOptions {
  /** Whether connections end with the answer that is next on them. */
  readonly isStopping: () => boolean;
  readonly stallMs: number;
  /** What is answered before the edge sees it: empty where no page is served. */
  readonly page: PageFiles;
}

/** Serves an edge, and a page in front of it, on Node's HTTP server. */
export function createListener(edge: Edge, options: ListenerOptions): RequestListener {
  return (incoming, outgoing) => {
    if (options.isStopping()) outgoing.shouldKeepAlive = false;
    serve(edge, incoming, outgoing, options).catch(() => cutAnswer(outgoing));
  };
}

async function serve(
  edge: Edge,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  options: ListenerOptions,
): Promise<void> {
  const abort = new AbortController();
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) abort.abort();
  });
  // A client may go at any point between a check and a write; an error without a listener would end the process.
  outgoing.on("error", () => undefined);
  const request = toRequest(incoming, abort.signal);
  const response =
    request === null
      ? errorAnswer(
          "invalidRequest",
          { details: ["The request cannot be passed on as it is"] },
          { [REQUEST_ID_HEADER]: randomUUID() },
        )
      : (fromPage(request, incoming, options) ??
        (await edge.fetch(request, {
          peerAddress: incoming.socket.remoteAddress ?? "",
          target: incoming.url ?? "",
        })));
  await sendResponse(response, incoming, outgoing, options.stallMs);
}

/** A stopping edge refuses this as everything else, so that nobody loads half a page from it. */
function fromPage(
  { method, headers }: Request,
  incoming: IncomingMessage,
  { page, isStopping }: ListenerOptions,
): Response | null {
  return isStopping() ? null : answerPage(page, { method, target: incoming.url ?? "", headers });
}

/** Null when the request has no meaning to an edge: `TRACE`, `OPTIONS *`, a target with a host, none in `Host`. */
function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request | null {
  const { method = "GET", url = "" } = incoming;
  if (!url.startsWith("/")) return null;
  if (incoming.headers.host === undefined && incoming.httpVersion !== "1.0") return null;
  const headers = new Headers();
  const hasBody = method !== "GET" && method !== "HEAD";
  try {
    for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
      headers.append(incoming.rawHeaders[i] ?? "", incoming.rawHeaders[i + 1] ?? "");
    }
    const body = hasBody ? { body: bodyStream(incoming), duplex: "half" as const } : {};
    return new Request(PLACEHOLDER_ORIGIN + url, { method, headers, signal, ...body });
  } catch {
    return null;
  }
}

/**
 * The request's body, read as it is asked for. Unlike `Readable.toWeb` its cancellation leaves the socket alone, on
 * which the answer to a body that is too large has yet to go out.
 */
function bodyStream(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  const chunks = incoming.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await chunks.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel() {
        await chunks.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

async function sendResponse(
  response: Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  stallMs: number,
): Promise<void> {
  // Without words of the backend's own, Node puts the usual ones.
  if (response.statusText !== "") outgoing.statusMessage = response.statusText;
  outgoing.writeHead(response.status, [...response.headers].flat());
  if (response.body !== null) {
    const flush = setImmediate(() => outgoing.flushHeaders());
    try {
      await sendBody(response.body, outgoing, stallMs);
    } finally {
      clearImmediate(flush);
    }
  }
  if (!incoming.complete) await discardRest(incoming);
  outgoing.end();
}

async function sendBody(
  body: ReadableStream<Uint8Array>,
  outgoing: ServerResponse,
  stallMs: number,
): Promise<void> {
  const reader = body.getReader();
  outgoing.once("close", () => {
    // An answer that nobody reads any more is not fetched any further. It may have failed already.
    reader.cancel().catch(() => undefined);
  });
  for (;;) {
    const { done, value } = await reader.read();
    if (done || outgoing.destroyed) return;
    if (!outgoing.write(value)) await drained(outgoing, stallMs);
  }
}

/** Resolves when the client has taken what was written, or is gone; one that takes nothing for too long is cut off. */
function drained(outgoing: ServerResponse, stallMs: number): Promise<void> {
  const stalled = setTimeout(() => cutAnswer(outgoing), stallMs);
  return new Promise((resolve) => {
    const settle = () => {
      clearTimeout(stalled);
      outgoing.off("drain", settle).off("close", settle);
      resolve();
    };
    outgoing.on("drain", settle).on("close", settle);
  });
}

/** Reads on, for a while and without keeping anything: a sender that is cut off in mid-upload may lose the answer. */
async function discardRest(incoming: IncomingMessage): Promise<void> {
  const enough = new AbortController();
  const ended = once(incoming, "close", { signal: enough.signal }).catch(() => undefined);
  incoming.resume();
  await Promise.race([ended, delay(LINGER_MS, undefined, { signal: enough.signal, ref: false })]);
  enough.abort();
  if (!incoming.complete) incoming.socket.destroySoon();
}
