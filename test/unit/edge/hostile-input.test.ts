import { once } from "node:events";
import { connect } from "node:net";
import t from "tap";
import { startEdgeWithBackend } from "./edge-with-backend.js";

const stack = await startEdgeWithBackend();
t.teardown(() => stack.close());
const port = Number(new URL(stack.edge.url).port);

/** Writes raw bytes and gives back whatever comes until the edge closes the connection. */
async function raw(text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.on("error", () => undefined);
  socket.write(text, "latin1");
  await once(socket, "close");
  return Buffer.concat(chunks).toString("latin1");
}

const END = "\r\nConnection: close\r\n\r\n";
const REFUSED: Record<string, string> = {
  "a target with a host": `GET http://evil.example/ HTTP/1.1\r\nHost: a${END}`,
  "OPTIONS of everything": `OPTIONS * HTTP/1.1\r\nHost: a${END}`,
  TRACE: `TRACE / HTTP/1.1\r\nHost: a${END}`,
  "a path that is not ASCII": `GET /\xe9 HTTP/1.1\r\nHost: a${END}`,
  "no host": `GET / HTTP/1.1${END}`,
  "both lengths": `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked${END}0\r\n\r\n`,
  "two lengths": `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2${END}ab`,
  "an endless header": `GET / HTTP/1.1\r\nHost: a\r\nX: ${"a".repeat(40_000)}${END}`,
  "no HTTP": "\x16\x03\x01\x02\x00\r\n\r\n",
  "a line break in a header": `GET / HTTP/1.1\r\nHost: a\r\nOrigin: a\nvp-client-ip: 192.0.2.1\r${END}`,
  "a broken chunk": `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked${END}zz\r\n\r\n`,
};

for (const [name, bytes] of Object.entries(REFUSED)) {
  void t.test(name, async (t) => {
    const answer = await raw(bytes);
    t.match(answer, /^HTTP\/1\.1 4\d\d [A-Z]/);
    t.match(answer, /\r\nvp-source: vaultproof\r\n/);
    t.match(answer, /\r\n\r\n\{"error":"Invalid request"[^]*\}$/);
    t.equal(stack.received.length, 0, "reached nobody");
    t.equal((await stack.send({ path: "/after" })).status, 200, "the edge is still there");
    t.equal(stack.only().url, "/after");
  });
}

void t.test("what is only odd is passed on", async (t) => {
  const odd: Record<string, string> = {
    "a host that no URL can hold": `GET /odd HTTP/1.1\r\nHost: [::zz${END}`,
    "an upgrade": `GET /odd HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade, close\r\n\r\n`,
    "an expectation": `POST /odd HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2${END}ab`,
    "an unknown expectation": `POST /odd HTTP/1.1\r\nHost: a\r\nExpect: more\r\nContent-Length: 2${END}ab`,
    "no host, in HTTP/1.0": "GET /odd HTTP/1.0\r\n\r\n",
    "many headers": `GET /odd HTTP/1.1\r\nHost: a\r\n${"X-A: 1\r\n".repeat(500)}Connection: close\r\n\r\n`,
    "a GET with a body": `GET /odd HTTP/1.1\r\nHost: a\r\nContent-Length: 2${END}ab`,
  };
  for (const [name, bytes] of Object.entries(odd)) {
    t.match(await raw(bytes), /HTTP\/1\.1 200 OK\r\n[^]*ok/, name);
    t.equal(stack.only().url, "/odd", name);
  }
});

void t.test("CONNECT gets no tunnel", async (t) => {
  t.notMatch(await raw("CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: a\r\n\r\n"), /^HTTP\/1\.1 2/);
  t.equal((await stack.send({})).status, 200);
});

void t.test("clients that go away at any moment leave the edge as it was", async (t) => {
  const request = `POST /cut HTTP/1.1\r\nHost: a\r\nContent-Length: 200\r\n\r\n${"x".repeat(200)}`;
  const cuts = Array.from({ length: 60 }, (_, i) => Math.floor((request.length * i) / 59));
  await Promise.all(
    cuts.map(async (length, i) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      await once(socket, "connect");
      await new Promise((resolve) => socket.write(request.slice(0, length), resolve));
      // Some with a reset, some in order, some only after the backend was asked.
      if (i % 3 === 0) socket.resetAndDestroy();
      else if (i % 3 === 1) socket.destroy();
      else socket.end();
    }),
  );
  const answer = await stack.send({ path: "/after" });
  t.equal(answer.status, 200);
  const reached = stack.received.splice(0).filter(({ url }) => url === "/cut");
  t.ok(
    reached.every(({ body }) => body.length === 200),
    "no part of a body was passed on as a whole",
  );
});
