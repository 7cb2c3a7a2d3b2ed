import { readContentDigest } from "@vaultproof/protocol/message-signatures";
import { REQUEST_ID_HEADER } from "@vaultproof/protocol/request-id";
import { errorAnswer } from "./answer.js";
import type { BackendFetch } from "./backend-fetch.js";
import { addEdgeTiming } from "./edge-timing.js";
import type { OnFailure } from "./failure.js";
import { requestHeaders, responseHeaders } from "./forwarded-headers.js";
import { readBody } from "./read-body.js";
import type { RequestTarget } from "./request-target.js";
import type { RequestSigner } from "./sign-request.js";

/** A client's request with what the edge found out about it. */
export interface Incoming {
  readonly request: Request;
  readonly requestId: string;
  readonly target: RequestTarget;
  readonly clientAddress: string;
  /** Bytes of the body as sent. */
  readonly bodyLimit: number;
}

/**
 * Makes the handler that signs a request, sends it to the backend and streams the answer back. The request's body is
 * buffered because its digest stands in a header; the answer is not.
 */
export function createForwarder(options: {
  readonly backendOrigin: string;
  readonly fetch: BackendFetch;
  readonly sign: RequestSigner;
  readonly onFailure: OnFailure;
}): (incoming: Incoming) => Promise<Response> {
  const { backendOrigin, fetch, sign, onFailure } = options;

  return async ({ request, requestId, target, bodyLimit, clientAddress }) => {
    const began = performance.now();
    const body = await readBody(request.body, request.headers.get("content-length"), bodyLimit);
    if (!body.ok) return errorAnswer("payloadTooLarge");
    const bodyDigest = new Uint8Array(await crypto.subtle.digest("SHA-256", body.bytes));
    if (!isClaimTrue(request.headers.get("content-digest"), bodyDigest)) {
      return errorAnswer("invalidRequest", { details: ["Content-Digest does not match the body"] });
    }

    const { method, signal } = request;
    const headers = requestHeaders(request.headers);
    headers.set(REQUEST_ID_HEADER, requestId);
    try {
      await sign({ method, target, headers, bodyDigest, clientAddress });
    } catch {
      // Only a value of the client's own, its Origin, can be unfit for signing.
      return errorAnswer("invalidRequest", { details: ["Origin cannot be signed"] });
    }

    const took = performance.now() - began;
    let answer: Response;
    try {
      const sent =
        body.bytes.length === 0 ? { method, headers, signal } : { method, headers, signal, body: body.bytes };
      answer = await fetch(backendOrigin + target.target, sent);
    } catch (error) {
      // A client that left is nobody's failure.
      if (!signal.aborted) onFailure({ requestId, answered: "backendUnavailable", error });
      return errorAnswer("backendUnavailable");
    }
    const answered = responseHeaders(answer.headers);
    addEdgeTiming(answered, took);
    return new Response(answer.body, {
      status: answer.status,
      statusText: answer.statusText,
      headers: answered,
    });
  };
}

/** Whether a `Content-Digest` that the client sent is right about the body as far as it speaks of SHA-256. */
function isClaimTrue(claim: string | null, bodyDigest: Uint8Array): boolean {
  if (claim?.includes("sha-256=") !== true) return true;
  return readContentDigest(claim)?.every((byte, i) => byte === bodyDigest[i]) === true;
}
