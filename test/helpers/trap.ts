import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import type { Test } from "tap";

/** Stands for a private network: whoever connects has gone where nobody may. */
export interface Trap {
  readonly port: number;
  readonly connections: () => number;
}

/**
 * Listens until the test ends, and keeps silent.
 *
 * @param address `::` for every address that this machine has, IPv4 too.
 * @param port a free one unless told.
 */
export async function setTrap(t: Test, address: string, port = 0): Promise<Trap> {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on("error", () => undefined).destroy();
  });
  server.listen(port, address);
  await once(server, "listening");
  t.teardown(() => server.close());
  return { port: (server.address() as AddressInfo).port, connections: () => connections };
}
