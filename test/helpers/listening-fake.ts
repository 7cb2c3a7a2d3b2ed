import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Test } from "tap";
import type { FakeVaultProof } from "./fake-vaultproof.js";

/** Lets other processes reach a fake service. Gives its origin. */
export async function listenFor(t: Test, service: FakeVaultProof): Promise<string> {
  const server = createServer((incoming, response) => {
    const { method = "GET", url = "/", headers } = incoming;
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const body = method === "GET" ? {} : { body: Buffer.concat(chunks) };
      const passed = Object.entries(headers).flatMap(([name, value]) =>
        typeof value === "string" ? [[name, value] as [string, string]] : [],
      );
      void service.fetch(service.url + url, { method, headers: passed, ...body }).then(async (answer) => {
        response.writeHead(answer.status, Object.fromEntries(answer.headers));
        response.end(Buffer.from(await answer.arrayBuffer()));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
