import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from "node:net";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { createEgressPolicy } from "@vaultproof/server/upstream/egress-policy";
import {
  createUpstream,
  type Upstream,
  type UpstreamAnswer,
  type UpstreamRequest,
  type UpstreamTimeouts,
} from "@vaultproof/server/upstream/upstream";
import { UpstreamError } from "@vaultproof/server/upstream/upstream-error";
import type { Test } from "tap";

/** What {@link call} sends, unlike anything else. */
export const KEY = "sk-canary-0123456789";
const TIMEOUTS: UpstreamTimeouts = { connect: 5000, headers: 5000, idle: 5000, total: 20_000 };
/** A caller that stays. */
export const never = (): AbortSignal => new AbortController().signal;

/** The key in a buffer of its own. */
export const keyBytes = (): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(KEY));

/** The way out, with short lists and long timeouts unless told; closed when the test ends. */
export function openUpstream(
  t: Test,
  timeouts: Partial<UpstreamTimeouts> = {},
  lists: { insecure?: string[]; private?: string[] } = {},
): Upstream {
  const policy = createEgressPolicy({
    allowInsecure: lists.insecure ?? ["127.0.0.1", "localhost"],
    allowPrivate: lists.private ?? ["127.0.0.0/8", "::1/128"],
  });
  const upstream = createUpstream({ policy, timeouts: { ...TIMEOUTS, ...timeouts } });
  t.teardown(() => upstream.close());
  return upstream;
}

/** Listens on a free port until the test ends, whatever connections are left then. */
export async function listen(t: Test, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** A provider that speaks HTTP. Returns its base URL. */
export async function provider(
  t: Test,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  return `http://127.0.0.1:${await listen(t, createServer(answer))}`;
}

/** A provider that answers each connection's first bytes with these, whatever they are, and perhaps closes. */
export async function rawProvider(t: Test, answer: string, { close = true } = {}): Promise<string> {
  const server = createTcpServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => (close ? socket.end(answer) : socket.write(answer)));
  });
  return `http://127.0.0.1:${await listen(t, server)}`;
}

/** A GET that carries its key as a bearer token. */
export function requestTo(baseUrl: string, more: Partial<UpstreamRequest> = {}): UpstreamRequest {
  const destination = {
    provider: "custom",
    baseUrl,
    headerName: "authorization",
    headerTemplate: "Bearer {key}",
  };
  return {
    slotId: "a slot",
    destination,
    method: "GET",
    path: "/v1/models",
    headers: {},
    body: null,
    ...more,
  };
}

/** Sends {@link KEY} and waits for the answer. */
export async function call(
  upstream: Upstream,
  request: UpstreamRequest,
  signal = never(),
): Promise<UpstreamAnswer> {
  return await (
    await upstream.send(request, keyBytes(), signal)
  ).answer;
}

/** The body as a stream, however it came. */
export function streamOf({ body }: UpstreamAnswer): Readable {
  return body instanceof Readable ? body : Readable.from(body === null ? [] : [body]);
}

/** The whole body as text. */
export async function read(answer: UpstreamAnswer): Promise<string> {
  return await text(streamOf(answer));
}

/** How a promise failed: the public words of an upstream error, else the error itself. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => "no failure",
    (error: unknown) => (error instanceof UpstreamError ? error.failure : error),
  );
}
