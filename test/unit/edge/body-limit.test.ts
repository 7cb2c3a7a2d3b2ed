import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import t from "tap";
import { callWireLimit, LIMITS } from "@vaultproof/protocol/limits";
import { startEdgeWithBackend } from "./edge-with-backend.js";

const BODY_LIMIT = 3_000;
const WIRE_LIMIT = callWireLimit(BODY_LIMIT);
const stack = await startEdgeWithBackend({ bodyLimit: BODY_LIMIT });
t.teardown(() => stack.close());
const CALL = "/api/v1/proxy/call";
const CALL_URL = stack.edge.url + CALL;

void t.test("a body of exactly the limit passes whole", async (t) => {
  const answer = await stack.send({ method: "POST", path: CALL, body: Buffer.alloc(WIRE_LIMIT, "a") });
  t.equal(answer.status, 200);
  t.equal(stack.only().body.length, WIRE_LIMIT);
});

void t.test("one byte more is refused", async (t) => {
  const answer = await stack.send({ method: "POST", path: CALL, body: Buffer.alloc(WIRE_LIMIT + 1, "a") });
  t.equal(answer.status, 413);
  t.equal(answer.headers["vp-source"], "vaultproof");
  t.same(JSON.parse(answer.body), { error: "Request too large" });
  t.equal(stack.received.length, 0);
});

void t.test("whatever is no call has the limit of a developer's request", async (t) => {
  for (const path of ["/api/v1/keys/store", "/", "/api/v1/proxyx"]) {
    const over = Buffer.alloc(LIMITS.developerBodyBytes + 1, "a");
    t.equal((await stack.send({ method: "POST", path, body: over })).status, 413, path);
    t.equal(stack.received.length, 0);
    t.equal((await stack.send({ method: "POST", path, body: over.subarray(1) })).status, 200, path);
    t.equal(stack.only().body.length, LIMITS.developerBodyBytes);
  }
});

void t.test("a declared length over the limit is refused before the body comes", async (t) => {
  const outgoing = request(CALL_URL, { method: "POST", headers: { "content-length": "1000000000" } });
  outgoing.on("error", () => undefined);
  outgoing.flushHeaders();
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  t.equal(incoming.statusCode, 413);
  outgoing.destroy();
  t.equal(stack.received.length, 0);
});

void t.test("a chunked upload is refused as soon as it is too long, though it never ends", async (t) => {
  const outgoing = request(CALL_URL, { method: "POST", headers: { "transfer-encoding": "chunked" } });
  outgoing.on("error", () => undefined);
  const chunk = Buffer.alloc(16 * 1024, "a");
  for (let sent = 0; sent <= WIRE_LIMIT; sent += chunk.length) outgoing.write(chunk);
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  t.equal(incoming.statusCode, 413);
  const body = Buffer.concat((await incoming.take(1).toArray()) as Buffer[]).toString();
  t.same(JSON.parse(body), { error: "Request too large" });
  outgoing.destroy();
  t.equal(stack.received.length, 0);
});

void t.test("a chunked upload within the limit passes with its length", async (t) => {
  const answer = await stack.send({
    method: "POST",
    headers: { "transfer-encoding": "chunked" },
    body: "some text",
  });
  t.equal(answer.status, 200);
  const received = stack.only();
  t.equal(received.body.toString(), "some text");
  t.equal(received.headers["content-length"], "9");
  t.notOk("transfer-encoding" in received.headers);
});

void t.test("an upload that breaks off reaches nobody", async (t) => {
  const outgoing = request(CALL_URL, { method: "POST", headers: { "content-length": "100" } });
  outgoing.on("error", () => undefined);
  outgoing.write("half");
  await new Promise((resolve) => outgoing.once("socket", (socket) => socket.once("connect", resolve)));
  outgoing.destroy();
  const answer = await stack.send({ path: "/after" });
  t.equal(answer.status, 200, "the edge is still there");
  t.equal(stack.only().url, "/after");
});
