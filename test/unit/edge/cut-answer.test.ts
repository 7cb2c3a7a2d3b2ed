import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { startEdge } from "@vaultproof/edge/node";
import t from "tap";

void t.test("an answer that the grace time cuts is whole in no version of HTTP", async (t) => {
  const backend = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/plain" }).write("first piece\n");
  }).listen(0, "127.0.0.1");
  t.teardown(() => {
    backend.closeAllConnections();
    backend.close();
  });
  await once(backend, "listening");
  const edge = await startEdge({
    EDGE_SECRETS: `a:${randomBytes(32).toString("base64")}`,
    BACKEND_URL: `http://127.0.0.1:${(backend.address() as AddressInfo).port}`,
    EDGE_PORT: "0",
    SHUTDOWN_GRACE: "1",
  });
  const clients = await Promise.all(["1.0", "1.1"].map((version) => openAnswer(edge.url, version)));
  await edge.close();
  const [first, second] = await Promise.all(clients.map(({ end }) => end));
  t.equal(
    first,
    "ECONNRESET",
    "HTTP/1.0 knows the end of an answer by nothing but the end of its connection",
  );
  t.notMatch(second, "\r\n0\r\n\r\n", "in HTTP/1.1 the last chunk is missing");
  t.match(second, "first piece");
});

/** A client that has the first piece of its answer; `end` is what came in all, or the code of an error. */
async function openAnswer(url: string, version: string): Promise<{ readonly end: Promise<string> }> {
  const socket: Socket = connect(Number(new URL(url).port), "127.0.0.1");
  let received = "";
  const end = new Promise<string>((resolve) => {
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code ?? "unknown"));
    socket.once("end", () => resolve(received));
  });
  socket.write(`GET /x HTTP/${version}\r\nHost: a\r\n\r\n`);
  await new Promise<void>((resolve) => {
    socket.on("data", (data) => {
      received += data.toString("latin1");
      if (received.includes("first piece")) resolve();
    });
  });
  return { end };
}
