import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { toResponse } from "@vaultproof/edge/node/to-response";

/** Shorter than an edge keeps an idle connection (72 s): it must not close one that a call is just put on. */
const IDLE_MS = 60_000;
const MAX_HEADER_BYTES = 64 * 1024;

/** Connections to the service, kept open between calls. */
export interface ServiceConnections {
  readonly fetch: typeof fetch;
  close(): void;
}

/**
 * The part of `fetch` that the SDK uses, over Node's own HTTP client. The global `fetch` would unpack an answer that a
 * provider packed, where it must pass as it is, and end one in which nothing comes for five minutes.
 */
export function connectService(): ServiceConnections {
  const plain = new HttpAgent({ keepAlive: true, timeout: IDLE_MS });
  const secure = new HttpsAgent({ keepAlive: true, timeout: IDLE_MS });
  return {
    fetch: async (input, init = {}) => {
      if (input instanceof Request) throw new TypeError("a URL and no Request");
      const url = new URL(input);
      const { method = "GET", headers, body, signal } = init;
      if (typeof body !== "string" && body !== undefined && body !== null)
        throw new TypeError("bodies are text");
      signal?.throwIfAborted();
      const options = {
        method,
        headers: framed(new Headers(headers), body ?? undefined),
        maxHeaderSize: MAX_HEADER_BYTES,
        ...(signal == null ? {} : { signal }),
      };
      const outgoing =
        url.protocol === "https:"
          ? httpsRequest(url, { ...options, agent: secure })
          : httpRequest(url, { ...options, agent: plain });
      return await answerOf(outgoing, { method, body: body ?? undefined, signal: signal ?? undefined });
    },
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

function framed(headers: Headers, body: string | undefined): Record<string, string> {
  const framing = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  return { ...Object.fromEntries(headers), ...framing };
}

function answerOf(
  outgoing: ReturnType<typeof httpRequest>,
  { method, body, signal }: { method: string; body: string | undefined; signal: AbortSignal | undefined },
): Promise<Response> {
  return new Promise((resolve, reject) => {
    outgoing.once("response", (incoming) => {
      try {
        resolve(toResponse(incoming, method));
      } catch (cause) {
        // A status or a header that no Response can hold.
        incoming.destroy();
        reject(new TypeError("the service's answer is malformed", { cause }));
      }
    });
    outgoing.once("error", (cause) => {
      // As fetch does: the signal's own reason, or a TypeError for a network that failed.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      reject(
        signal?.aborted === true ? signal.reason : new TypeError("the service gave no answer", { cause }),
      );
    });
    outgoing.end(body);
  });
}
