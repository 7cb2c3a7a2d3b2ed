import type { Readable } from "node:stream";
import type { Destination } from "@vaultproof/protocol/destination";
import type { CallMethod } from "@vaultproof/protocol/restrictions";
import type { Dispatcher, Pool } from "undici";
import { createEgressConnector } from "./egress-connector.js";
import type { EgressPolicy } from "./egress-policy.js";
import { createKeyPlacement, type PlacedKey } from "./key-placement.js";
import { passedRequestHeaders, passedResponseHeaders, type ResponseHeaders } from "./passed-headers.js";
import { redactBody, redactHeaders, redactWholeBody } from "./redact-answer.js";
import { createKeyRedaction, RedactionError, type KeyRedaction } from "./redact-key.js";
import { createSlotPools } from "./slot-pools.js";
import { TotalTimeoutError, UpstreamError, upstreamError, type UpstreamFailure } from "./upstream-error.js";

/** How long each part of a call to a provider may take, in milliseconds. */
export interface UpstreamTimeouts {
  /** Resolving, connecting and TLS. */
  readonly connect: number;
  /** From the request to the answer's head. */
  readonly headers: number;
  /** Between two pieces of the answer's body. */
  readonly idle: number;
  /** All of it. */
  readonly total: number;
}

/** A call to a provider, without its key. */
export interface UpstreamRequest {
  /** Connections are kept for it and used for no other. */
  readonly slotId: string;
  readonly destination: Destination;
  readonly method: CallMethod;
  /** Path and query exactly as they go into the request line. */
  readonly path: string;
  /** The caller's; what may not pass is dropped here. Lowercase names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
}

/** A provider's answer as it goes to the caller. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: ResponseHeaders;
  /**
   * Streams with back-pressure; destroying it ends the call. Bytes for a body that was there with its head, null for an
   * answer without one.
   */
  readonly body: Readable | Buffer | null;
}

/** A call whose head, with the key in it, is out. */
export interface SentCall {
  /** Rejects with {@link UpstreamError}. */
  readonly answer: Promise<UpstreamAnswer>;
}

/** The one way out of the server. */
export interface Upstream {
  /** Whether calls to this origin can be made at all, as far as it tells by itself. */
  allowsOrigin(baseUrl: string): boolean;
  /**
   * Sends a call and resolves as soon as the key is not needed any more, before the answer.
   *
   * @param key stays the caller's and is not touched after this settles.
   * @param signal ends the call, also while its answer streams.
   * @throws UpstreamError
   */
  send(request: UpstreamRequest, key: Uint8Array, signal: AbortSignal): Promise<SentCall>;
  /** Cuts every connection, whatever is still on it. */
  close(): Promise<void>;
}

const INVALID_ANSWER: UpstreamFailure = { kind: "failed", reason: "Invalid answer" };
const BODILESS_STATUS: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * Makes the way out: only to the slot's own origin, only to addresses that the policy allows, no redirect followed,
 * no request sent twice, headers by allowlist both ways, no connection shared between slots, and no key in an answer.
 */
export function createUpstream(options: {
  readonly policy: EgressPolicy;
  readonly timeouts: UpstreamTimeouts;
}): Upstream {
  const { policy, timeouts } = options;
  const placement = createKeyPlacement();
  // A connection is begun while the request that needs it is handed over, so that this tells whose it is.
  let beginning: AbortSignal | undefined;
  const pools = createSlotPools((origin) => ({
    headersTimeout: timeouts.headers,
    bodyTimeout: timeouts.idle,
    pipelining: 1,
    connect: createEgressConnector(origin, {
      policy,
      connectTimeoutMs: timeouts.connect,
      onSocket: placement.guard,
      signal: () => beginning,
    }),
  }));

  return {
    allowsOrigin: (baseUrl) => policy.allowsOrigin(baseUrl),
    async send(request, key, signal) {
      const pool = pools.of(request.slotId, request.destination.baseUrl);
      const ending = limitTime(signal, timeouts.total);
      const placed = placement.place(key);
      beginning = ending.signal;
      const response = exchange(pool, request, placed, ending);
      beginning = undefined;
      try {
        // While the head is on its way: the key is still there.
        const redaction = createKeyRedaction(key);
        const answer = response.then((response) => readAnswer(response, request.method, redaction));
        // Whoever holds the answer awaits it later than it may fail.
        answer.catch(() => undefined);
        await Promise.race([placed.written, answer]);
        return { answer };
      } finally {
        placed.withdraw();
      }
    },
    close: () => pools.destroy(),
  };
}

async function exchange(
  pool: Pool,
  request: UpstreamRequest,
  { placeholder }: PlacedKey,
  ending: CallEnding,
): Promise<Dispatcher.ResponseData> {
  const { destination, method, path, headers, body } = request;
  const { provider, headerName, headerTemplate } = destination;
  const sentHeaders = passedRequestHeaders(headers, { provider, exclude: headerName });
  sentHeaders.push(
    "accept-encoding",
    "identity",
    headerName,
    headerTemplate.replace("{key}", () => placeholder),
  );
  try {
    ending.signal.throwIfAborted();
    const response = await pool.request({
      path,
      method,
      headers: sentHeaders,
      body: body === null ? null : Buffer.from(body.buffer, body.byteOffset, body.byteLength),
      signal: ending.signal,
    });
    response.body.once("close", ending.clear);
    return response;
  } catch (error) {
    ending.clear();
    throw upstreamError(error, ending.signal);
  }
}

/** What is no answer to be passed on leaves nothing open to the provider. */
function readAnswer(
  response: Dispatcher.ResponseData,
  method: CallMethod,
  redaction: KeyRedaction,
): UpstreamAnswer {
  try {
    // HTTP knows no status beyond, and nothing on the way back would pass it on.
    if (response.statusCode > 599) throw new UpstreamError(INVALID_ANSWER);
    return answerOf(response, method, redaction);
  } catch (error) {
    response.body.on("error", () => undefined).destroy();
    throw error instanceof RedactionError ? new UpstreamError(INVALID_ANSWER, error) : error;
  }
}

function answerOf(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  method: CallMethod,
  redaction: KeyRedaction,
): UpstreamAnswer {
  const bodiless = method === "HEAD" || BODILESS_STATUS.has(statusCode);
  if (bodiless) body.on("error", () => undefined);
  // A 205 says that it has no body, but nothing keeps a provider from sending one, for ever.
  if (statusCode === 205) body.destroy();
  else if (bodiless) body.resume();
  const passed = passedResponseHeaders(headers, { bodiless });
  // Bytes without a media type would be given one on their way.
  const isWhole = passed["content-type"] !== undefined && body.readableLength === lengthOf(headers);
  return {
    status: statusCode,
    headers: redactHeaders(passed, redaction),
    body: bodiless ? null : isWhole ? redactWholeBody(body, redaction) : redactBody(body, redaction),
  };
}

/** Bytes of the body, where the answer tells. */
function lengthOf({ "content-length": length }: Dispatcher.ResponseData["headers"]): number | null {
  return typeof length === "string" && /^\d{1,15}$/.test(length) ? Number(length) : null;
}

/** The end that a call may come to before its answer does. */
interface CallEnding {
  readonly signal: AbortSignal;
  /** Ends the watch. */
  readonly clear: () => void;
}

function limitTime(signal: AbortSignal, totalMs: number): CallEnding {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new TotalTimeoutError()), totalMs).unref();
  const onAbort = (): void => controller.abort(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return {
    signal: controller.signal,
    clear() {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    },
  };
}
