import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { BackendFetch, BackendRequest } from "../src/handler.js";
import { toResponse } from "./to-response.js";

const MAX_HEADER_BYTES = 64 * 1024;

/** Connections to the backend that are kept open between requests. */
export interface BackendConnections {
  readonly fetch: BackendFetch;
  close(): void;
}

/**
 * Reaches the backend over Node's own HTTP client. Unlike the global `fetch` it sends the path and the headers that it
 * is given and no others, and passes content codings through undecoded.
 *
 * @param maxIdleMs how long a connection without a request is kept; a request may take as long as it takes.
 */
export function connectBackend(maxIdleMs: number): BackendConnections {
  const plain = new HttpAgent({ keepAlive: true, timeout: maxIdleMs });
  const secure = new HttpsAgent({ keepAlive: true, timeout: maxIdleMs });
  return {
    fetch: (url, request) => {
      const { protocol, hostname, port, origin } = new URL(url);
      const options = {
        hostname: hostname.replace(/^\[|\]$/g, ""),
        port,
        path: url.slice(origin.length),
        method: request.method,
        headers: framedHeaders(request),
        signal: request.signal,
        maxHeaderSize: MAX_HEADER_BYTES,
      };
      return protocol === "https:"
        ? send(request, (respond) =>
            httpsRequest({ ...options, agent: secure, servername: hostname }, respond),
          )
        : send(request, (respond) => httpRequest({ ...options, agent: plain }, respond));
    },
    close() {
      plain.destroy();
      secure.destroy();
    },
  };
}

/** Node frames no body of a method that rarely has one, such as DELETE: its bytes would be read as the next request. */
function framedHeaders({ headers, body }: BackendRequest): Record<string, string> {
  const framing = body === undefined ? {} : { "content-length": String(body.length) };
  return { ...Object.fromEntries(headers), ...framing };
}

type Open = (respond: (incoming: IncomingMessage) => void) => ReturnType<typeof httpRequest>;

function send({ method, body }: BackendRequest, open: Open): Promise<Response> {
  return new Promise((resolve, reject) => {
    const outgoing = open((incoming) => {
      try {
        resolve(toResponse(incoming, method));
      } catch (error) {
        // A status or a header that no Response can hold.
        incoming.destroy();
        reject(error instanceof Error ? error : new Error("the backend's answer is malformed"));
      }
    });
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}
