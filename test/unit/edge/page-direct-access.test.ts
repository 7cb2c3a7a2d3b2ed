import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createEdge } from "@vaultproof/edge/handler";
import t, { type Test } from "tap";
import { SECRET, startEdgeWithBackend, type EdgeWithBackend } from "./edge-with-backend.js";
import { makePage } from "./page-stage.js";

const PATH = "/playground/direct-access";
const FORBIDDEN = '{"error":"Forbidden"}';

/** A real edge with a page, before a backend that refuses as the real one does. */
async function start(
  t: Test,
  overrides: Parameters<typeof startEdgeWithBackend>[0] = {},
): Promise<EdgeWithBackend> {
  const dashboardDir = await makePage(t);
  const stack = await startEdgeWithBackend({ dashboardDir, ...overrides }, (_, response) => {
    response.writeHead(403, { "vp-source": "vaultproof" }).end(FORBIDDEN);
  });
  t.teardown(() => stack.close());
  return stack;
}

void t.test("the backend gets one request that nobody signed, and its answer is told", async (t) => {
  const stack = await start(t);
  const signed = await stack.send({ method: "POST", path: "/api/v1/proxy/call", body: "{}" });
  t.equal(signed.status, 403);
  t.ok(stack.only().headers.signature, "what is signed shows a signature");

  const answer = await stack.send({
    method: "POST",
    path: `${PATH}?url=http://elsewhere.example&target=/internal/health`,
    headers: {
      ...{ "content-type": "application/json", "user-agent": "a page", cookie: "a=b" },
      ...{ authorization: "Bearer canary", "vp-client-ip": "192.0.2.1", "x-forwarded-for": "192.0.2.1" },
      ...{ signature: "vp-edge=:AAAA:", "signature-input": 'vp-edge=("@method")' },
    },
    body: '{"url":"http://elsewhere.example"}',
  });
  const received = stack.only();
  t.equal(received.method, "POST");
  t.equal(received.url, "/api/v1/proxy/call");
  t.equal(received.body.toString(), "{}", "what was sent along is not passed on");
  t.same(Object.keys(received.headers).sort(), [
    ...["accept", "connection", "content-length", "content-type", "host"],
  ]);

  t.equal(answer.status, 200);
  t.match(answer.headers, { "cache-control": "no-store", "vp-source": "vaultproof" });
  const told = JSON.parse(answer.body) as Record<string, unknown>;
  t.match(told, { status: 403, body: FORBIDDEN, milliseconds: Number });
  t.equal(told.url, `http://${String(received.headers.host)}/api/v1/proxy/call`, "on the loopback: told");
  t.same(Object.keys(told), ["status", "body", "url", "milliseconds"]);
});

void t.test("a backend elsewhere stays unnamed", async (t) => {
  const urls = {
    "http://127.0.0.1:8788": "http://127.0.0.1:8788/api/v1/proxy/call",
    "http://localhost:8788": "http://localhost:8788/api/v1/proxy/call",
    "http://[::1]:8788": "http://[::1]:8788/api/v1/proxy/call",
    "http://server:8788": null,
    "https://10.0.0.7": null,
    "http://127.0.0.1.internal.example": null,
    "http://localhost.internal.example": null,
  };
  for (const [backendUrl, expected] of Object.entries(urls)) {
    const edge = createEdge({
      config: {
        ...{ backendUrl: new URL(backendUrl), secrets: [SECRET], ipCallsPerMinute: 0 },
        ...{ ipRegistrationsPerMinute: 0, bodyLimit: 1024, trustedProxies: [], corsOrigins: [] },
      },
      servesPage: true,
      fetch: (url) => {
        t.equal(url, `${new URL(backendUrl).origin}/api/v1/proxy/call`);
        return Promise.resolve(
          new Response(FORBIDDEN, { status: 403, headers: { "vp-source": "vaultproof" } }),
        );
      },
    });
    const request = new Request(`http://edge${PATH}`, { method: "POST" });
    const answer = await edge.fetch(request, { peerAddress: "192.0.2.1" });
    const text = await answer.text();
    t.match(JSON.parse(text), { status: 403, url: expected }, backendUrl);
    if (expected === null) t.notMatch(text, new URL(backendUrl).hostname);
  }
});

void t.test("another site's page cannot use it", async (t) => {
  const stack = await start(t, { corsOrigins: ["https://app.example"] });
  for (const headers of [
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "none" },
    { "sec-fetch-site": "cross-site", origin: "http://edge", host: "edge" },
    { origin: "https://elsewhere.example" },
    { origin: "https://app.example" },
    { origin: "null" },
    { origin: "http://edge:81", host: "edge" },
  ]) {
    const answer = await stack.send({ method: "POST", path: PATH, headers });
    t.equal(answer.status, 403, JSON.stringify(headers));
    t.equal(answer.body, FORBIDDEN);
  }
  t.equal(stack.received.length, 0, "nothing was sent");
  for (const headers of [
    {},
    { "sec-fetch-site": "same-origin", origin: "https://edge.example", host: "behind-a-proxy:8787" },
    { origin: "http://edge:81", host: "Edge:81" },
  ]) {
    const answer = await stack.send({ method: "POST", path: PATH, headers });
    t.equal(answer.status, 200, JSON.stringify(headers));
  }
});

void t.test("only POST, hardly a body, and within the limit of calls", async (t) => {
  const stack = await start(t, { ipCallsPerMinute: 3 });
  for (const method of ["GET", "HEAD", "PUT", "DELETE"]) {
    const answer = await stack.send({ method, path: PATH });
    t.equal(answer.status, 405, method);
    t.equal(answer.headers.allow, "POST");
  }
  t.equal((await stack.send({ method: "POST", path: PATH, body: "x".repeat(1025) })).status, 413);
  const chunked = { "transfer-encoding": "chunked" };
  const body = "x".repeat(4096);
  t.equal((await stack.send({ method: "POST", path: PATH, headers: chunked, body })).status, 413);
  t.equal(stack.received.length, 0);
  t.equal((await stack.send({ method: "POST", path: PATH, body: "x".repeat(1024) })).status, 200);
  const over = await stack.send({ method: "POST", path: PATH });
  t.equal(over.status, 429);
  t.match(JSON.parse(over.body), { error: "Too many requests", limit: 3, used: 4 });
  t.equal(
    (await stack.send({ method: "POST", path: "/api/v1/proxy/call" })).status,
    429,
    "one count for both",
  );
  t.equal(stack.received.length, 1);
});

void t.test("a backend that is down, or that is something else, is said to be unavailable", async (t) => {
  const nobody = createServer().listen(0, "127.0.0.1");
  await once(nobody, "listening");
  const { port } = nobody.address() as AddressInfo;
  await new Promise((resolve) => nobody.close(resolve));
  const down = await start(t, { backendUrl: new URL(`http://127.0.0.1:${port}`) });
  const dashboardDir = await makePage(t);
  const inBetween = await startEdgeWithBackend({ dashboardDir }, (_, response) => {
    response.writeHead(502).end("proxy-7.internal.example: no route to host");
  });
  t.teardown(() => inBetween.close());
  for (const stack of [down, inBetween]) {
    const answer = await stack.send({ method: "POST", path: PATH });
    t.equal(answer.status, 502);
    t.same(JSON.parse(answer.body), { error: "Backend unavailable" });
  }
});

void t.test("an edge without a page has no such route", async (t) => {
  const stack = await startEdgeWithBackend();
  t.teardown(() => stack.close());
  const answer = await stack.send({ method: "POST", path: PATH });
  t.equal(answer.body, "ok");
  const received = stack.only();
  t.equal(received.url, PATH, "it is a path like every other");
  t.ok(received.headers.signature);
});
