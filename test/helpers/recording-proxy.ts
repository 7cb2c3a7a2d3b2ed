import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import type { Test } from "tap";

/** A wire-tap: passes bytes both ways and keeps every one of them. */
export interface RecordingProxy {
  readonly url: string;
  /** What was sent each way over each connection, so that nothing is cut where two connections alternate. */
  traffic(): Map<string, Buffer>;
}

/** Starts one before a server; it ends with the test. */
export async function startRecordingProxy(t: Test, targetUrl: string): Promise<RecordingProxy> {
  const { hostname, port } = new URL(targetUrl);
  const recorded = new Map<string, Buffer[]>();
  const sockets = new Set<Socket>();
  let connections = 0;
  const record = (from: Socket, to: Socket, name: string): void => {
    const chunks: Buffer[] = [];
    recorded.set(name, chunks);
    sockets.add(from);
    from.on("data", (chunk: Buffer) => chunks.push(chunk));
    from.on("error", () => to.destroy());
    from.pipe(to);
  };
  const server = createServer((client) => {
    const target = connect(Number(port), hostname);
    const name = `connection ${++connections}`;
    record(client, target, `${name}, request`);
    record(target, client, `${name}, answer`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    traffic: () => new Map([...recorded].map(([name, chunks]) => [name, Buffer.concat(chunks)])),
  };
}
