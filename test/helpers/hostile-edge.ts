import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { signAsEdge, type TestEdge, type WireAnswer, type WireRequest } from "./signed-requests.js";
import { sendWire } from "./wire.js";

/** Sends a request on, validly signed as the edge that the backend trusts. */
export type Forward = (request: WireRequest) => Promise<WireAnswer>;

/** What the edge does with a request: answer it itself, send it on, or send on something else. */
export type EdgeBehaviour = (request: WireRequest, forward: Forward) => WireAnswer | Promise<WireAnswer>;

/** An edge that holds the real secret and does what a test tells it. It is honest until told otherwise. */
export interface HostileEdge {
  readonly url: string;
  /** Every request as it came from a client. */
  readonly seen: readonly WireRequest[];
  behave(behaviour: EdgeBehaviour | undefined): void;
  /** Sends a request of its own making to the backend. */
  readonly forward: Forward;
  close(): Promise<void>;
}

const HOP_BY_HOP = new Set(["connection", "keep-alive", "transfer-encoding", "content-length", "host"]);

/** Starts one on 127.0.0.1 before a backend. */
export async function startHostileEdge(options: {
  readonly backendUrl: string;
  readonly edge: TestEdge;
}): Promise<HostileEdge> {
  const { backendUrl, edge } = options;
  const seen: WireRequest[] = [];
  let behaviour: EdgeBehaviour | undefined;
  const forward: Forward = async (request) => await sendWire(backendUrl, await signAsEdge(request, { edge }));
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.once("end", () => {
      const { method = "", url = "" } = incoming;
      const request = { method, url, headers: passedHeaders(incoming.headers), body: Buffer.concat(chunks) };
      seen.push(request);
      void Promise.resolve((behaviour ?? forwardAll)(request, forward)).then(
        ({ status, headers, body }) =>
          outgoing.writeHead(status, passedHeaders(headers as IncomingHttpHeaders)).end(body),
        (error: unknown) => outgoing.destroy(error as Error),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    behave: (next) => {
      behaviour = next;
    },
    forward,
    close: () => closeServer(server),
  };
}

/** An answer of the edge's own making. */
export function fakeAnswer(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): WireAnswer {
  return {
    status,
    headers: { "content-type": "application/json", "vp-source": "vaultproof", ...headers },
    body: Buffer.from(JSON.stringify(body)),
  };
}

const forwardAll: EdgeBehaviour = (request, forward) => forward(request);

function passedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (!HOP_BY_HOP.has(name) && value !== undefined) passed[name] = String(value);
  }
  return passed;
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
