import { SOURCE_HEADER, errorAnswer, jsonAnswer } from "./answer.js";
import type { BackendFetch } from "./backend-fetch.js";
import type { OnFailure } from "./failure.js";
import { readBody } from "./read-body.js";

/** What the page asks for to see what the backend says to somebody who is not an edge. */
export const DIRECT_ACCESS_PATH = "/playground/direct-access";

/** Fixed: neither where it goes nor what it says is anybody's to choose. */
const TARGET = "/api/v1/proxy/call";
const BODY = "{}";
const TIMEOUT_MS = 5_000;
/** What may be sent along and is not read. */
const MAX_REQUEST_BYTES = 1_024;
const MAX_ANSWER_BYTES = 4_096;
const LOOPBACK = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])$/;

/**
 * Makes the handler that sends the backend one request as somebody without the edge's secret would, and tells what came
 * back: `{ status, body, url, milliseconds }`. `url` is null unless the backend is on the loopback: elsewhere its
 * name is for nobody outside.
 *
 * @param options.now milliseconds since the epoch.
 */
export function createDirectAccess(options: {
  readonly backendOrigin: string;
  readonly fetch: BackendFetch;
  readonly now: () => number;
  readonly onFailure: OnFailure;
}): (request: Request, requestId: string) => Promise<Response> {
  const { backendOrigin, fetch, now, onFailure } = options;
  const url = backendOrigin + TARGET;
  const toldUrl = LOOPBACK.test(new URL(backendOrigin).hostname) ? url : null;

  return async (request, requestId) => {
    if (!isSameOrigin(request.headers)) return errorAnswer("forbidden");
    const sent = await readBody(request.body, request.headers.get("content-length"), MAX_REQUEST_BYTES);
    if (!sent.ok) return errorAnswer("payloadTooLarge");
    const begun = now();
    try {
      const { status, body } = await askUnsigned(fetch, url);
      return jsonAnswer(200, { status, body, url: toldUrl, milliseconds: now() - begun });
    } catch (error) {
      onFailure({ requestId, answered: "backendUnavailable", error });
      return errorAnswer("backendUnavailable");
    }
  };
}

async function askUnsigned(fetch: BackendFetch, url: string): Promise<{ status: number; body: string }> {
  const response = await fetch(url, {
    method: "POST",
    headers: new Headers({ accept: "application/json", "content-type": "application/json" }),
    body: new TextEncoder().encode(BODY),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const answer = await readBody(response.body, response.headers.get("content-length"), MAX_ANSWER_BYTES);
  // Something in between may have answered, in words that are not for outside.
  if (response.headers.get(SOURCE_HEADER) !== "vaultproof" || !answer.ok) {
    throw new TypeError("what answered is not the backend");
  }
  return { status: response.status, body: new TextDecoder().decode(answer.bytes) };
}

/**
 * Whether a request is from the page itself, or from no page at all. Browsers say so themselves where the page works
 * (HTTPS and the loopback); `Origin` is for those that do not, because a proxy may have changed `Host`.
 */
function isSameOrigin(headers: Headers): boolean {
  const site = headers.get("sec-fetch-site");
  if (site !== null) return site === "same-origin";
  const origin = headers.get("origin");
  if (origin === null) return true;
  return URL.canParse(origin) && new URL(origin).host === headers.get("host")?.toLowerCase();
}
