import t from "tap";
import { type Edge, createEdge } from "@vaultproof/edge/handler";
import { SECRET, startEdgeWithBackend } from "./edge-with-backend.js";

interface Clock {
  now: number;
}

function limitedEdge(ipCallsPerMinute: number, clock: Clock, ipRegistrationsPerMinute = 0): Edge {
  const config = {
    backendUrl: new URL("http://backend.example"),
    secrets: [SECRET],
    ipCallsPerMinute,
    ipRegistrationsPerMinute,
    bodyLimit: 1_000,
    trustedProxies: [],
    corsOrigins: [],
  };
  return createEdge({ config, fetch: () => Promise.resolve(new Response("ok")), now: () => clock.now });
}

function call(edge: Edge, peerAddress: string, path = "/api/v1/proxy/call"): Promise<Response> {
  return edge.fetch(new Request(`http://edge.example${path}`, { method: "POST" }), { peerAddress });
}

async function statuses(count: number, one: () => Promise<Response>): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < count; i++) found.push((await one()).status);
  return found;
}

const START = 1_790_000_000_000;

void t.test("calls over the limit of a minute are refused until the minute is over", async (t) => {
  const clock = { now: START };
  const edge = limitedEdge(3, clock);
  t.same(await statuses(3, () => call(edge, "192.0.2.1")), [200, 200, 200]);

  clock.now += 15_500;
  const refused = await call(edge, "192.0.2.1");
  t.equal(refused.status, 429);
  t.equal(refused.headers.get("retry-after"), "45");
  t.equal(refused.headers.get("vp-source"), "vaultproof");
  t.same(await refused.json(), {
    error: "Too many requests",
    limit: 3,
    used: 4,
    reset: (START + 60_000) / 1000,
  });

  clock.now = START + 59_999;
  t.equal((await call(edge, "192.0.2.1")).status, 429);
  clock.now = START + 60_000;
  t.same(await statuses(4, () => call(edge, "192.0.2.1")), [200, 200, 200, 429]);
});

void t.test("each client has its own count; an IPv6 client is its /64", async (t) => {
  const edge = limitedEdge(1, { now: START });
  const first = ["192.0.2.1", "192.0.2.2", "2001:db8:0:1::1", "2001:db8:0:2::1", "::1"];
  for (const address of first) t.equal((await call(edge, address)).status, 200, address);
  const again = ["192.0.2.1", "::ffff:192.0.2.2", "2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:2::9"];
  for (const address of again) t.equal((await call(edge, address)).status, 429, address);
});

void t.test("only calls are counted, in whatever spelling their path reaches a router", async (t) => {
  const edge = limitedEdge(1, { now: START });
  const others = ["/api/v1/keys/list", "/api/v1/proxy", "/.well-known/vaultproof", "/api/v1/proxying/x"];
  for (const path of others) {
    t.same(await statuses(3, () => call(edge, "192.0.2.1", path)), [200, 200, 200], path);
  }
  t.equal((await call(edge, "192.0.2.1")).status, 200);
  const spellings = [
    "/api/v1/%70roxy/call",
    "//api/v1//proxy/call",
    "/API/v1/proxy/",
    "/api/v1/proxy%2Fcall",
    "/api/v1/proxy/%",
  ];
  for (const path of spellings) t.equal((await call(edge, "192.0.2.1", path)).status, 429, path);
});

void t.test("registrations have a limit of their own, in whatever spelling", async (t) => {
  const clock = { now: START };
  const edge = limitedEdge(1, clock, 2);
  const register = (address: string, path = "/api/v1/developers") => call(edge, address, path);
  t.same(await statuses(2, () => register("2001:db8::1")), [200, 200]);
  const spellings = [
    "/api/v1/developers",
    "/api/v1/developers?x=1",
    "/api/v1/developers/",
    "/API/v1//develop%65rs",
    "/api/v1/%64evelopers",
  ];
  for (const path of spellings) {
    const refused = await register("2001:db8::ffff", path);
    t.equal(refused.status, 429, path);
    t.equal(refused.headers.get("retry-after"), "60");
    t.match(await refused.json(), { error: "Too many requests", limit: 2, used: Number, reset: Number });
  }
  t.equal((await register("192.0.2.1")).status, 200, "another client");
  t.equal((await call(edge, "2001:db8::1")).status, 200, "calls are counted for themselves");
  const others = ["/api/v1/developers/x", "/api/v1/developersx", "/api/v1/keys/list"];
  for (const path of others) t.equal((await register("2001:db8::1", path)).status, 200, path);
  const read = new Request("http://edge.example/api/v1/developers");
  t.equal(
    (await edge.fetch(read, { peerAddress: "2001:db8::1" })).status,
    200,
    "nothing is registered by a GET",
  );
  clock.now = START + 60_000;
  t.equal((await register("2001:db8::1")).status, 200);
});

void t.test(
  "a flood of addresses is forgotten from its oldest on, so that it cannot fill the memory",
  async (t) => {
    const edge = limitedEdge(1, { now: START });
    // Refused for its size right after it was counted, which spares the test a hundred thousand signatures.
    const flood = new Request("http://edge.example/api/v1/proxy/call", {
      headers: { "content-length": "999999" },
    });
    const from = async (address: string) => (await edge.fetch(flood, { peerAddress: address })).status;
    const nth = (n: number) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
    for (let n = 0; n < 100_000; n++) await from(nth(n));
    t.equal(await from(nth(0)), 429, "as many as are kept");
    t.equal(await from("192.0.2.1"), 413, "one more takes the place of the oldest");
    t.equal(await from(nth(1)), 429, "and of no other");
    t.equal(await from(nth(0)), 413, "which counts from the beginning");
    t.equal(await from("192.0.2.1"), 429);
  },
);

void t.test("0 switches the limit off", async (t) => {
  const edge = limitedEdge(0, { now: START });
  for (const path of ["/api/v1/proxy/call", "/api/v1/developers"]) {
    const found = await statuses(200, () => call(edge, "192.0.2.1", path));
    t.ok(found.every((status) => status === 200));
  }
});

void t.test("over the network, with the limit of the environment", async (t) => {
  const stack = await startEdgeWithBackend({ ipCallsPerMinute: 2, ipRegistrationsPerMinute: 1 });
  t.teardown(() => stack.close());
  const one = { method: "POST", path: "/api/v1/proxy/call", body: "{}" };
  const found = [await stack.send(one), await stack.send(one), await stack.send(one)];
  t.same(
    found.map(({ status }) => status),
    [200, 200, 429],
  );
  t.equal(stack.received.length, 2);
  const registration = { ...one, path: "/api/v1/developers" };
  t.equal((await stack.send(registration)).status, 200);
  t.equal((await stack.send(registration)).status, 429);
  t.match(found[2]?.headers["retry-after"], /^[1-9][0-9]?$/);
});
