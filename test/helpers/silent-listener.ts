import { createServer, type AddressInfo } from "node:net";
import type { Test } from "tap";

/** Somewhere that a key must never go: counts whoever connects, says nothing, and keeps what it was sent. */
export interface SilentListener {
  readonly origin: string;
  connections(): number;
  received(): Buffer;
}

/** Starts one on 127.0.0.1; it ends with the test. */
export async function startSilentListener(t: Test): Promise<SilentListener> {
  let connections = 0;
  const chunks: Buffer[] = [];
  const server = createServer((socket) => {
    connections++;
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => new Promise((resolve) => server.close(resolve)));
  server.unref();
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    received: () => Buffer.concat(chunks),
  };
}
