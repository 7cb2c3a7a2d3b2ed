import { EventEmitter, once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Test } from "tap";
import type { TestCertificate } from "./tls-certificate.js";
import { listen } from "./upstream-calls.js";

/** A provider that answers as the path says, over TLS where it has a certificate. */
export interface MoodyProvider {
  readonly origin: string;
  /** Takes connections and reads nothing from them. */
  readonly deafOrigin: string;
  /** Every value of every header of every request. */
  readonly presented: ReadonlySet<string>;
  /** How many connections carried requests so far. */
  connections(): number;
  /** Resolves when `count` requests to a path have come since the start. */
  asked(path: string, count: number): Promise<void>;
  /** Resolves when `count` requests to a path have lost their connection, answered or not. */
  ended(path: string, count: number): Promise<void>;
  /** Resolves when a connection was made to {@link deafOrigin}. */
  readonly deafConnection: Promise<void>;
}

/** What it does by path; whatever else is asked is answered 200. */
const MOODS: Readonly<Record<string, (response: ServerResponse, reset: () => void) => void>> = {
  "/error": (response) => response.writeHead(500).end("broken"),
  "/reset": (_response, reset) => reset(),
  "/silent": () => undefined,
  "/stalled": (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: begin\n\n");
  },
  "/broken-off": (response, reset) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("half of it", reset);
  },
  "/before-the-body": (response) => response.writeHead(413, { connection: "close" }).end("too much"),
};

/** Starts one; it ends with the test, whatever connections are left. */
export async function startMoodyProvider(
  t: Test,
  certificate: TestCertificate | undefined,
): Promise<MoodyProvider> {
  const presented = new Set<string>();
  const events = new EventEmitter();
  const counts = new Map<string, number>();
  const count = (event: string): void => {
    counts.set(event, (counts.get(event) ?? 0) + 1);
    events.emit(event);
  };
  const countOf = async (event: string, wanted: number): Promise<void> => {
    while ((counts.get(event) ?? 0) < wanted) await once(events, event);
  };
  // By the client's port, because a TLS socket cannot reset the connection below it.
  const connections = new Map<number | undefined, Socket>();
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url ?? "";
    request.rawHeaders.forEach((text) => presented.add(text));
    response.once("close", () => count(`ended ${path}`));
    // A sender that is cut off in mid-body is as good as gone.
    request.on("error", () => undefined);
    const { remotePort } = request.socket;
    const reset = (): void => void connections.get(remotePort)?.resetAndDestroy();
    const answer = (): void => (MOODS[path] ?? ((to) => to.end(`{"path":"${path}"}`)))(response, reset);
    if (path === "/before-the-body") answer();
    else request.resume().once("end", answer);
    count(`asked ${path}`);
  };
  const answering =
    certificate === undefined ? createHttpServer(handle) : createHttpsServer(certificate, handle);
  answering.on("connection", (socket: Socket) => {
    connections.set(socket.remotePort, socket);
    count("connection");
  });
  let reached = (): void => undefined;
  const deafConnection = new Promise<void>((resolve) => (reached = resolve));
  const ignore = (socket: Socket): void => {
    socket.pause().on("error", () => undefined);
    reached();
  };
  const deaf = certificate === undefined ? createTcpServer(ignore) : createTlsServer(certificate, ignore);
  const scheme = certificate === undefined ? "http" : "https";
  return {
    origin: `${scheme}://127.0.0.1:${await listen(t, answering)}`,
    deafOrigin: `${scheme}://127.0.0.1:${await listen(t, deaf)}`,
    presented,
    connections: () => counts.get("connection") ?? 0,
    asked: (path, wanted) => countOf(`asked ${path}`, wanted),
    ended: (path, wanted) => countOf(`ended ${path}`, wanted),
    deafConnection,
  };
}
