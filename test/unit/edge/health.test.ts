import type { ServerResponse } from "node:http";
import t from "tap";
import { createEdge } from "@vaultproof/edge/handler";
import { type Received, SECRET, isSigned, startEdgeWithBackend } from "./edge-with-backend.js";

const SECURED = { status: "ok", service: "vaultproof-edge", secured: true };
const UNAVAILABLE = { status: "unavailable", service: "vaultproof-edge", secured: false };

/** A backend that, like the real one, tells its health only to a signed request. */
function insistOnSignature(received: Received, response: ServerResponse): void {
  const good = received.url === "/internal/health" && isSigned(received);
  response.writeHead(good ? 200 : 403, { "content-type": "application/json" });
  response.end(good ? '{"status":"ok"}' : '{"error":"Forbidden"}');
}

void t.test("secured once the backend has accepted the edge's signature", async (t) => {
  const stack = await startEdgeWithBackend({}, insistOnSignature);
  t.teardown(() => stack.close());
  const answer = await stack.send({ path: "/health" });
  t.equal(answer.status, 200);
  t.same(JSON.parse(answer.body), SECURED);
  t.equal(answer.headers["vp-source"], "vaultproof");
  t.equal(answer.headers["cache-control"], "no-store");
  t.equal(stack.only().method, "GET");
  const head = await stack.send({ method: "HEAD", path: "/health" });
  t.equal(head.status, 200);
  t.equal(head.body, "");
  const post = await stack.send({ method: "POST", path: "/health", body: "{}" });
  t.equal(post.status, 405);
  t.equal(post.headers.allow, "GET, HEAD");
});

void t.test("not secured when the backend refuses the signature", async (t) => {
  const wrong = { id: "one", secret: new Uint8Array(32).fill(9) };
  const stack = await startEdgeWithBackend({ secrets: [wrong] }, insistOnSignature);
  t.teardown(() => stack.close());
  const answer = await stack.send({ path: "/health" });
  t.equal(answer.status, 503);
  t.same(JSON.parse(answer.body), UNAVAILABLE);
});

void t.test("not secured when something else answers, or nothing does", async (t) => {
  const answers: ((response: ServerResponse) => void)[] = [
    (response) => response.end("<h1>It works!</h1>"),
    (response) => response.end('{"status":"starting"}'),
    (response) => response.end("null"),
    (response) => response.writeHead(302, { location: "/elsewhere" }).end('{"status":"ok"}'),
    (response) => response.end(JSON.stringify({ status: "ok", padding: "x".repeat(2_000) })),
    (response) => response.destroy(),
  ];
  for (const answer of answers) {
    const stack = await startEdgeWithBackend({}, (_, response) => answer(response));
    const found = await stack.send({ path: "/health" });
    await stack.close();
    t.equal(found.status, 503, answer.toString());
    t.same(JSON.parse(found.body), UNAVAILABLE);
  }
});

void t.test("the outcome is kept for two seconds and shared by simultaneous askers", async (t) => {
  let now = 1_790_000_000_000;
  let probes = 0;
  let status = 200;
  const edge = createEdge({
    config: {
      backendUrl: new URL("http://backend.example"),
      secrets: [SECRET],
      ipCallsPerMinute: 0,
      ipRegistrationsPerMinute: 0,
      bodyLimit: 1_000,
      trustedProxies: [],
      corsOrigins: [],
    },
    now: () => now,
    fetch: () => {
      probes++;
      return Promise.resolve(Response.json({ status: "ok" }, { status }));
    },
  });
  const ask = async () =>
    (await edge.fetch(new Request("http://edge.example/health"), { peerAddress: "192.0.2.1" })).status;

  t.same(await Promise.all([ask(), ask(), ask()]), [200, 200, 200]);
  t.equal(probes, 1);
  status = 403;
  now += 1_999;
  t.equal(await ask(), 200);
  t.equal(probes, 1);
  now += 1;
  t.equal(await ask(), 503);
  t.equal(probes, 2);
  status = 200;
  now += 2_000;
  t.equal(await ask(), 200, "it comes back by itself");
});
