import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import type { TestEdge, WireAnswer, WireRequest } from "./signed-requests.js";

/** Sends a request with exactly these headers and this target, nothing normalised on the way. */
export async function sendWire(baseUrl: string, request: WireRequest): Promise<WireAnswer> {
  const { hostname, port } = new URL(baseUrl);
  const { method, url, body } = request;
  const headers = { ...request.headers, "content-length": String(body.length) };
  return await new Promise((resolve, reject) => {
    const outgoing = httpRequest({ hostname, port, method, path: url, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.once("error", reject);
      incoming.once("end", () => {
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: Buffer.concat(chunks),
        });
      });
    });
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}

/**
 * Writes bytes to a connection and reads what comes back until the other side closes it.
 *
 * @param options.halfClose ends this side right after the bytes, as a sender does that died half-way.
 */
export async function sendRaw(
  baseUrl: string,
  bytes: string | Uint8Array,
  { halfClose = false }: { readonly halfClose?: boolean } = {},
): Promise<string> {
  const { hostname, port } = new URL(baseUrl);
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname);
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.once("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
    socket.once("error", (error: NodeJS.ErrnoException) => {
      // A server that refuses an upload may close before all of it was taken; what it said until then counts.
      if (error.code !== "ECONNRESET" && error.code !== "EPIPE") reject(error);
    });
    socket.write(bytes);
    if (halfClose) socket.end();
  });
}

/** The edge whose secret a stack's `edgeSecrets` (`id:base64`) holds. */
export function edgeOf(stack: { readonly edgeSecrets: string }): TestEdge {
  const [id = "", secret = ""] = stack.edgeSecrets.split(":");
  return { id, secret: Buffer.from(secret, "base64") };
}

/** The JSON in an answer's or a request's body. */
export function jsonOf({ body }: { readonly body: Uint8Array }): unknown {
  return JSON.parse(Buffer.from(body).toString());
}
