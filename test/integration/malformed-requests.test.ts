import t, { type Test } from "tap";
import { assertRefusal } from "../helpers/assert-refusal.js";
import { plainRequest, signAsEdge, type WireAnswer, type WireRequest } from "../helpers/signed-requests.js";
import { startStack, type Stack } from "../helpers/stack.js";
import { edgeOf, sendRaw } from "../helpers/wire.js";

// What is wrong with a request before its body is looked at: methods, targets, headers and framing, written byte by
// byte to the edge, and to the server under a valid edge signature.

const CALL = "/api/v1/proxy/call";
const FORBIDDEN = '{"error":"Forbidden"}';
const BODY = '{"keySlotId":"x"}';
const JSON_TYPE = "content-type: application/json";

void t.test("malformed requests", async (t) => {
  const stack = await startStack();
  t.teardown(() => stack.close());
  const [server] = stack.servers;
  const pids = [server?.child.pid, stack.edges[0]?.child.pid];

  await t.test("methods", (t) => assertMethods(t, stack));
  await t.test("targets", (t) => assertTargets(t, stack));
  await t.test("headers", (t) => assertHeaders(t, stack));
  await t.test("what is not HTTP", (t) => assertNoHttp(t, stack));
  await t.test("bodies that never come whole", (t) => assertTruncated(t, stack));
  await t.test("and everything is as it was", async (t) => {
    for (const pid of pids) process.kill(pid ?? 0, 0);
    const health = await fetch(`${stack.edgeUrl}/health`);
    t.same(await health.json(), { status: "ok", service: "vaultproof-edge", secured: true });
    t.notMatch(stack.logs(), /unexpected error|"level":\s*(?:50|60)/, "nothing took them by surprise");
  });
});

async function assertMethods(t: Test, stack: Stack): Promise<void> {
  // CONNECT and TRACE aside, these are methods that Node's parser takes.
  for (const method of [
    "PUT",
    "DELETE",
    "PATCH",
    "PROPFIND",
    "MKCOL",
    "LOCK",
    "PURGE",
    "M-SEARCH",
    "QUERY",
  ]) {
    for (const path of [CALL, "/api/v1/keys/store", "/.well-known/vaultproof", "/"]) {
      await assertBoth(t, stack, { method, path });
    }
  }
  for (const method of ["TRACE", "BREW", "get", "POST ", "P\u0000ST", "", "A".repeat(10_000)]) {
    await assertRawRefused(
      t,
      stack,
      `${method} ${CALL} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      method.slice(0, 20),
    );
  }
  // It asks for a tunnel, not for an answer; that there is none is said by hanging up.
  for (const url of urlsOf(stack)) {
    const text = await sendRaw(url, "CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example\r\n\r\n");
    t.notMatch(text, /^HTTP\/1\.1 [235]/, "CONNECT");
  }
}

async function assertTargets(t: Test, stack: Stack): Promise<void> {
  const targets = [
    "/no/such/path",
    "/api/v1/keys/%00/path?leaf=0",
    "/api/v1/keys/%F0%28%8C%28/path?leaf=0",
    "/api/v1/keys/%2e%2e%2f%2e%2e/path",
    "/api/v1/keys//path",
    `/api/v1/keys/${"a".repeat(5000)}/path`,
    "/api/v1/keys/11111111-1111-4111-8111-111111111111/path",
    "/api/v1/keys/11111111-1111-4111-8111-111111111111/path?leaf=%",
    "/api/v1/keys/11111111-1111-4111-8111-111111111111/path?leaf=a&leaf=b",
    "/api/v1/keys/11111111-1111-4111-8111-111111111111/path?leaf[]=a",
    "/api/v1/keys/11111111-1111-4111-8111-111111111111/path?__proto__[a]=1",
    "/%zz",
    "/%",
    "/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd",
    "/;/",
    "/api/v1/proxy/call/",
    "/api/v1/proxy/call%2f",
    "/API/V1/PROXY/CALL",
    "/internal/../api/v1/keys/list",
    "//evil.example/api/v1/keys/list",
    "/\\evil.example",
    "/?".padEnd(8000, "%"),
    "/metrics",
    "/__proto__",
    "/constructor",
  ];
  for (const path of targets) await assertBoth(t, stack, { method: "GET", path });
  for (const target of [
    "*",
    "http://evil.example/",
    "evil",
    "?",
    "#",
    "/a b",
    "/\u00e4",
    "/\u0000",
    "/\u007f",
  ]) {
    await assertRawRefused(
      t,
      stack,
      `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`,
      target,
    );
  }
}

async function assertHeaders(t: Test, stack: Stack): Promise<void> {
  const length = `content-length: ${BODY.length}`;
  const cases: Record<string, string[]> = {
    "two content types": [JSON_TYPE, "content-type: text/plain", length],
    "two digests": [JSON_TYPE, "content-digest: sha-256=:AAAA:", "content-digest: sha-256=:BBBB:", length],
    "a digest of something else": [JSON_TYPE, `content-digest: sha-256=:${"A".repeat(43)}=:`, length],
    "two lengths": [JSON_TYPE, length, "content-length: 3"],
    "a length that is none": [JSON_TYPE, "content-length: x"],
    "a negative length": [JSON_TYPE, "content-length: -1"],
    "an endless length": [JSON_TYPE, `content-length: ${"9".repeat(40)}`],
    "a length and chunks": [JSON_TYPE, length, "transfer-encoding: chunked"],
    "an unknown transfer coding": [JSON_TYPE, "transfer-encoding: gzip"],
    "a space before the colon": [JSON_TYPE, "content-length : 3"],
    "a folded line": [JSON_TYPE, length, "x-a: b\r\n c"],
    "a zero in a value": [JSON_TYPE, length, "x-a: b\u0000c"],
    "no name": [JSON_TYPE, length, ": b"],
    "two origins": [JSON_TYPE, length, "origin: https://a.example", "origin: https://b.example"],
    "an origin that is no ASCII": [JSON_TYPE, length, "origin: \u00ff\u00fe"],
    "a signature that is none": [JSON_TYPE, length, "signature: %%%", "signature-input: ((("],
    "a huge header": [JSON_TYPE, length, `x-a: ${"a".repeat(100_000)}`],
    "ten thousand headers": [JSON_TYPE, length, ...Array.from({ length: 10_000 }, (_, i) => `x-${i}: 1`)],
    "an upgrade": [length, "connection: close, upgrade", "upgrade: websocket"],
    "an expectation": [JSON_TYPE, length, "expect: a-miracle"],
  };
  for (const [name, headers] of Object.entries(cases)) {
    const head = [`POST ${CALL} HTTP/1.1`, "host: x", "connection: close", ...headers].join("\r\n");
    await assertRawRefused(t, stack, `${head}\r\n\r\n${BODY}`, name);
  }
  for (const repeated of ["content-type", "content-digest", "signature", "signature-input", "vp-client-ip"]) {
    const signed = await signAsEdge(plainRequest("POST", CALL, { body: { a: 1 } }), { edge: edgeOf(stack) });
    const again = `${repeated}: ${signed.headers[repeated] ?? ""}`;
    const text = await sendRaw(stack.servers[0]?.url ?? "", write(signed, [again]));
    t.equal(parse(text).status, 403, `${repeated} twice`);
    t.ok(text.endsWith(FORBIDDEN));
  }
}

async function assertNoHttp(t: Test, stack: Stack): Promise<void> {
  const bytes: Record<string, string | Uint8Array> = {
    "nothing but line ends": "\r\n\r\n\r\nx\r\n\r\n",
    "HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a TLS greeting": Buffer.from("16030100c8010000c40303", "hex"),
    noise: Buffer.from(Array.from({ length: 500 }, (_, i) => (i * 151 + 7) % 256)),
    "HTTP/9": `GET ${CALL} HTTP/9.9\r\nhost: x\r\nconnection: close\r\n\r\n`,
    "no host": `POST ${CALL} HTTP/1.1\r\nconnection: close\r\n${JSON_TYPE}\r\ncontent-length: 2\r\n\r\n{}`,
    "a chunk of no size": `POST ${CALL} HTTP/1.1\r\nhost: x\r\n${JSON_TYPE}\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`,
    SQL: "SELECT * FROM key_slots;\r\n\r\n",
  };
  for (const [name, sent] of Object.entries(bytes)) await assertRawRefused(t, stack, sent, name);
}

/** The sender goes away half-way, at once or after having said that nothing more will come. */
async function assertTruncated(t: Test, stack: Stack): Promise<void> {
  const full = plainRequest("POST", CALL, { body: { keySlotId: "x".repeat(5000) } });
  const [server] = stack.servers;
  for (const [url, request] of [
    [stack.edgeUrl, full],
    [server?.url ?? "", await signAsEdge(full, { edge: edgeOf(stack) })],
  ] as const) {
    const text = write(request, []);
    for (const kept of [20, text.length - 5000, text.length - 1]) {
      const answer = await sendRaw(url, text.slice(0, kept), { halfClose: true });
      if (answer === "") t.pass(`nothing is said after ${kept} bytes`);
      else assertRefusal(t, parse(answer), `after ${kept} bytes`);
    }
    const chunked = text
      .replace(/content-length: \d+/, "transfer-encoding: chunked")
      .replace("\r\n\r\n", "\r\n\r\nffff\r\n");
    const answer = await sendRaw(url, chunked, { halfClose: true });
    if (answer === "") t.pass("nothing is said to half a chunk");
    else assertRefusal(t, parse(answer), "half a chunk");
  }
}

/** Asks the edge, and the server as an edge would. */
async function assertBoth(
  t: Test,
  stack: Stack,
  { method, path }: { method: string; path: string },
): Promise<void> {
  const name = `${method} ${path}`.slice(0, 80);
  const request = plainRequest(method, path);
  assertRefusal(t, parse(await sendRaw(stack.edgeUrl, write(request, []))), `${name}, edge`);
  const signed = await signAsEdge(request, { edge: edgeOf(stack) });
  assertRefusal(t, parse(await sendRaw(stack.servers[0]?.url ?? "", write(signed, []))), `${name}, server`);
}

/** The same bytes to both; the server, as nothing in them is signed, has one answer only. */
async function assertRawRefused(
  t: Test,
  stack: Stack,
  bytes: string | Uint8Array,
  name: string,
): Promise<void> {
  const [edge = "", server = ""] = urlsOf(stack);
  const sent = typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes;
  assertRefusal(t, parse(await sendRaw(edge, sent)), `${name}, edge`);
  const text = await sendRaw(server, sent);
  t.match(text, /^HTTP\/1\.1 403 /, `${name}, server`);
  t.ok(text.includes(FORBIDDEN), `${name}, server`);
}

function urlsOf(stack: Stack): string[] {
  return [stack.edgeUrl, stack.servers[0]?.url ?? ""];
}

function write({ method, url, headers, body }: WireRequest, more: readonly string[]): string {
  const lines = Object.entries({ host: "x", connection: "close", ...headers }).map((pair) => pair.join(": "));
  const framing = `content-length: ${body.length}`;
  return [`${method} ${url} HTTP/1.1`, ...lines, framing, ...more, "", body.toString("latin1")].join("\r\n");
}

/** The first answer in what came back. */
function parse(text: string): WireAnswer {
  const end = text.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  const rest = text.slice(end + 4);
  const body = headers["transfer-encoding"] === "chunked" ? unchunk(rest) : rest;
  return { status: Number(statusLine.split(" ")[1]), headers, body: Buffer.from(body, "latin1") };
}

function unchunk(text: string): string {
  let [whole, rest] = ["", text];
  for (;;) {
    const end = rest.indexOf("\r\n");
    const size = Number.parseInt(rest.slice(0, end), 16);
    if (!(size > 0)) return whole;
    whole += rest.slice(end + 2, end + 2 + size);
    rest = rest.slice(end + 4 + size);
  }
}
