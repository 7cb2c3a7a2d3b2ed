import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { type IncomingHttpHeaders, type ServerResponse, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { type RunningEdge, startEdge } from "@vaultproof/edge/node";

/** A request as it reached the backend. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface EdgeWithBackend {
  readonly edge: RunningEdge;
  readonly received: Received[];
  /** Sends a request whose path and headers go out as they are written here. */
  send(options: SendOptions): Promise<Answer>;
  /** The one request that has reached the backend since the last call of this. */
  only(): Received;
  close(): Promise<void>;
}

export interface SendOptions {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Buffer;
}

export const SECRET = { id: "one", secret: new Uint8Array(32).fill(7) };

/** Starts a real edge before a real HTTP server that records what it gets. */
export async function startEdgeWithBackend(
  overrides: Parameters<typeof startEdge>[1] = {},
  respond: (received: Received, response: ServerResponse) => void = (_, response) => response.end("ok"),
): Promise<EdgeWithBackend> {
  const received: Received[] = [];
  const backend = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const { method = "", url = "", headers } = incoming;
      const record = { method, url, headers, body: Buffer.concat(chunks) };
      received.push(record);
      respond(record, response);
    });
  });
  backend.listen(0, "127.0.0.1");
  await once(backend, "listening");
  const backendUrl = new URL(`http://127.0.0.1:${(backend.address() as AddressInfo).port}`);
  const edge = await startEdge(
    {},
    {
      port: 0,
      secrets: [SECRET],
      ipCallsPerMinute: 0,
      ipRegistrationsPerMinute: 0,
      backendUrl,
      ...overrides,
    },
  );
  return {
    edge,
    received,
    send: (options) => sendTo(edge.url, options),
    only() {
      const [first, ...more] = received.splice(0);
      if (first === undefined || more.length > 0) throw new Error(`${more.length + 1} requests, or none`);
      return first;
    },
    async close() {
      await edge.close();
      backend.closeAllConnections();
      backend.close();
    },
  };
}

export function sendTo(
  url: string,
  { method = "GET", path = "/", headers = {}, body }: SendOptions,
): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    // Node itself writes a length only for methods that usually have a body.
    const length =
      body === undefined || "transfer-encoding" in headers
        ? {}
        : { "content-length": Buffer.byteLength(body) };
    const options = { hostname, port, method, path, headers: { ...length, ...headers }, agent: false };
    const outgoing = request(options, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** The parameters of the edge's signature on a request, read without the code under test. */
export function edgeInput(received: Received): { components: string[]; parameters: string; text: string } {
  const field = String(received.headers["signature-input"]);
  const match = /(?:^|, )vp-edge=(\(([^)]*)\)(;[^,]*))$/.exec(field);
  if (match === null) throw new Error(`no vp-edge member at the end of ${field}`);
  const [, text = "", list = "", parameters = ""] = match;
  return { components: list.split(" ").map((name) => name.replaceAll('"', "")), parameters, text };
}

/** Verifies the edge's signature and the body's digest from the bytes that the backend got, by RFC 9421 by hand. */
export function isSigned(received: Received, secret: Uint8Array = SECRET.secret): boolean {
  const { components, text } = edgeInput(received);
  const [path, ...query] = received.url.split("?");
  const derived: Record<string, string | undefined> = {
    "@method": received.method,
    "@path": path,
    "@query": `?${query.join("?")}`,
  };
  const lines = components.map((name) => `"${name}": ${String(derived[name] ?? received.headers[name])}\n`);
  const expected = createHmac("sha256", secret)
    .update(`${lines.join("")}"@signature-params": ${text}`)
    .digest();
  const given = /(?:^|, )vp-edge=:([A-Za-z0-9+/=]+):$/.exec(String(received.headers.signature))?.[1] ?? "";
  const signature = Buffer.from(given, "base64");
  const digest = `sha-256=:${createHash("sha256").update(received.body).digest("base64")}:`;
  return (
    signature.length === expected.length &&
    timingSafeEqual(signature, expected) &&
    received.headers["content-digest"] === digest
  );
}
