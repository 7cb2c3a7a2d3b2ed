import { EventEmitter, once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { Test } from "tap";
import { listen } from "./upstream-calls.js";

/** A connection as a provider sees it that is no more than a listener. */
export interface TcpConnection {
  readonly socket: Socket;
  /** What it was sent so far. */
  readonly received: () => string;
  /** Resolves once it was sent a whole request head. */
  readonly asked: Promise<void>;
  /** Resolves once the other side is gone. */
  readonly closed: Promise<void>;
}

/** A provider whose every byte is the test's own doing. */
export interface TcpProvider {
  /** For plain HTTP. */
  readonly origin: string;
  /** For TLS, which it never answers. */
  readonly tlsOrigin: string;
  /** All that were ever made. */
  readonly connections: readonly TcpConnection[];
  /** Request heads, or beginnings of one, that it was sent so far. */
  requests(): number;
  /** Resolves with the connection number `count`, counted from 1. */
  connected(count: number): Promise<TcpConnection>;
}

/** Starts one on 127.0.0.1 that says nothing by itself; it ends with the test. */
export async function startTcpProvider(t: Test): Promise<TcpProvider> {
  const connections: TcpConnection[] = [];
  const arrivals = new EventEmitter().setMaxListeners(0);
  const port = await listen(
    t,
    createServer((socket) => {
      connections.push(watch(socket));
      arrivals.emit("connection");
    }),
  );
  return {
    origin: `http://127.0.0.1:${port}`,
    tlsOrigin: `https://127.0.0.1:${port}`,
    connections,
    requests: () =>
      connections.reduce((sum, { received }) => sum + received().split(" HTTP/1.1\r\n").length - 1, 0),
    async connected(count) {
      for (;;) {
        const connection = connections[count - 1];
        if (connection !== undefined) return connection;
        await once(arrivals, "connection");
      }
    },
  };
}

function watch(socket: Socket): TcpConnection {
  const chunks: Buffer[] = [];
  const received = (): string => Buffer.concat(chunks).toString("latin1");
  socket.on("error", () => undefined);
  const asked = new Promise<void>((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      if (received().includes("\r\n\r\n")) resolve();
    });
  });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  return { socket, received, asked, closed };
}
