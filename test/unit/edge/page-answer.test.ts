import { rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import t from "tap";
import { isSigned, sendTo } from "./edge-with-backend.js";
import { CANARY, INDEX, SCRIPT, SCRIPT_PATH, startEdgeWithPage } from "./page-stage.js";

const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; font-src 'self'; " +
  "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const ALWAYS = {
  "content-security-policy": POLICY,
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};
const FOR_A_YEAR = "public, max-age=31536000, immutable";

void t.test("every file has its type, how long it is kept, and the page's policy", async (t) => {
  const stack = await startEdgeWithPage(t);
  for (const [path, type, cache] of [
    ["/", "text/html; charset=utf-8", "no-cache"],
    ["/?from=mail", "text/html; charset=utf-8", "no-cache"],
    ["/index.html", "text/html; charset=utf-8", "no-cache"],
    ["/icon.svg", "image/svg+xml", "no-cache"],
    [SCRIPT_PATH, "text/javascript; charset=utf-8", FOR_A_YEAR],
    ["/assets/plain.css", "text/css; charset=utf-8", "no-cache"],
    ["/sdk/0123456789abcdef/prover.wasm", "application/wasm", FOR_A_YEAR],
    ["/sdk/0123456789abcdef/threads.wasm.gz", "application/gzip", FOR_A_YEAR],
    ["/unknown.kind", "application/octet-stream", "no-cache"],
  ] as const) {
    const { status, headers } = await stack.send({ path });
    t.equal(status, 200, path);
    t.match(headers, { ...ALWAYS, "content-type": type, "cache-control": cache }, path);
    t.equal(headers["content-encoding"], undefined, `${path}: nobody asked for a coding`);
    const features = String(headers["permissions-policy"]).split(", ");
    t.match(features, ["publickey-credentials-create=(self)", "publickey-credentials-get=(self)"]);
    t.ok(features.includes("camera=()") && features.includes("cross-origin-isolated=(self)"));
  }
  t.equal(stack.received.length, 0, "the backend is not asked");
});

void t.test("a file is compressed as its client takes it", async (t) => {
  const { edge } = await startEdgeWithPage(t);
  const ask = async (acceptEncoding: string | undefined) => {
    const headers = acceptEncoding === undefined ? {} : { "accept-encoding": acceptEncoding };
    const { answer, body } = await raw(edge.url, "GET", SCRIPT_PATH, headers);
    t.match(answer, /^vary: accept-encoding\r$/m);
    return { coding: /^content-encoding: (\w+)\r$/m.exec(answer)?.[1], body, etag: etagOf(answer) };
  };
  const plain = await ask(undefined);
  t.equal(plain.body.toString(), SCRIPT);
  const gzip = await ask("gzip, deflate");
  t.equal(gunzipSync(gzip.body).toString(), SCRIPT);
  const brotli = await ask("gzip, deflate, br, zstd");
  t.equal(brotliDecompressSync(brotli.body).toString(), SCRIPT);
  t.equal(new Set([plain.etag, gzip.etag, brotli.etag]).size, 3, "each form has a name of its own");
  for (const [field, coding] of [
    ["", undefined],
    ["identity", undefined],
    ["br;q=0, gzip;q=0.000", undefined],
    ["br;q=0, gzip;q=0.5", "gzip"],
    ["BR ; q=1", "br"],
    ["zebra, gzipped, brr", undefined],
    [",;,;q=0,", undefined],
  ] as const) {
    t.equal((await ask(field)).coding, coding, `Accept-Encoding: ${field}`);
  }
});

void t.test("what a browser has already is not sent again", async (t) => {
  const stack = await startEdgeWithPage(t);
  const first = await stack.send({});
  const etag = String(first.headers.etag);
  t.match(etag, /^"[\w-]{22}"$/);
  for (const given of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
    const again = await stack.send({ headers: { "if-none-match": given } });
    t.equal(again.status, 304, given);
    t.equal(again.body, "");
    t.match(again.headers, { ...ALWAYS, etag, "cache-control": "no-cache" }, given);
    t.equal(again.headers["content-length"], undefined);
  }
  t.equal((await stack.send({ headers: { "if-none-match": '"other"' } })).body, INDEX);
});

void t.test("HEAD tells of the file; a Range gets all of it, and no range harms", async (t) => {
  const stack = await startEdgeWithPage(t);
  const head = await stack.send({ method: "HEAD", path: SCRIPT_PATH });
  t.equal(head.headers["content-length"], String(SCRIPT.length));
  t.equal(head.body, "");
  for (const range of [
    "bytes=0-3",
    "bytes=5-2",
    "bytes=-5",
    "bytes=99999999-",
    "bytes=0-1,2-3",
    "lines=x",
    "-",
  ]) {
    const answer = await stack.send({ path: SCRIPT_PATH, headers: { range } });
    t.equal(answer.status, 200, range);
    t.equal(answer.body, SCRIPT);
  }
});

void t.test("everything else goes on to the edge as before", async (t) => {
  const stack = await startEdgeWithPage(t);
  for (const [method, path] of [
    ["GET", "/keys"],
    ["GET", "/assets"],
    ["GET", "/assets/"],
    ["GET", "/index"],
    ["GET", "/INDEX.HTML"],
    ["GET", "/index.html/"],
    ["GET", "/api/v1/keys"],
    ["GET", "/.well-known/vaultproof"],
    ["POST", "/"],
    ["PUT", "/index.html"],
    ["DELETE", SCRIPT_PATH],
  ] as const) {
    const answer = await stack.send({ method, path });
    t.equal(answer.status, 404, `${method} ${path}`);
    t.equal(answer.body, "from the backend");
    t.not(answer.headers["content-security-policy"], POLICY, "the page's policy is the page's");
    const received = stack.only();
    t.equal(received.url, path);
    t.ok(isSigned(received), "and it is signed");
  }
  t.equal((await stack.send({ path: "/health" })).status, 503, "of a backend that is none");
});

void t.test("nothing outside the folder is to be had, however it is asked for", async (t) => {
  const { edge } = await startEdgeWithPage(t);
  const up = [
    "..",
    "%2e%2e",
    "%2E.",
    "..%00",
    "....",
    "..;",
    "%252e%252e",
    "\\..",
    "..%5c",
    "..%c0%af",
    "．．",
  ];
  const targets = [
    ...up.flatMap((dots) =>
      ["secret.txt", "page-beside/index.html", ".env"].flatMap((name) => [
        `/${dots}/${name}`,
        `/assets/${dots}/${dots}/${name}`,
        `/${dots}%2f${name}`,
        `//${dots}//${name}`,
        `/assets/${dots}%2F${dots}%2F${name}`,
      ]),
    ),
    ...["/.env", "/%2eenv", "/./.env", "//.env", "/.git/config", "/.well-known/vaultproof", "/.env%00.js"],
    ...[
      "//index.html",
      "/./index.html",
      "/%69ndex.html",
      "/index.html%00",
      "/index.html%00.svg",
      "/index.html%20",
    ],
    ...[
      "/-beside/index.html",
      "-beside/index.html",
      "page-beside/index.html",
      "../secret.txt",
      "*",
      "/index.html#x",
    ],
    ...["http://edge/index.html", "file:///etc/passwd", "//edge/index.html", "/__proto__", "/constructor"],
  ];
  for (const target of targets) {
    const { answer, body } = await raw(edge.url, "GET", target);
    t.match(answer, /^HTTP\/1\.1 (?:400|404) /, target);
    t.notMatch(body.toString(), CANARY, target);
    t.notMatch(body.toString(), INDEX, `${target} is not the page either`);
  }
  t.equal((await sendTo(edge.url, {})).body, INDEX, "and it goes on serving");
});

void t.test("the page stays as it was when the edge started", async (t) => {
  const stack = await startEdgeWithPage(t);
  await writeFile(join(stack.folder, "index.html"), "half of a new page");
  await rm(join(stack.folder, "assets"), { recursive: true });
  t.equal((await stack.send({})).body, INDEX);
  t.equal((await stack.send({ path: SCRIPT_PATH })).body, SCRIPT);
});

void t.test("its files do not count as calls", async (t) => {
  const stack = await startEdgeWithPage(t, { ipCallsPerMinute: 1, ipRegistrationsPerMinute: 1 });
  for (let i = 0; i < 5; i++) t.equal((await stack.send({ path: SCRIPT_PATH })).status, 200);
  t.equal((await stack.send({ method: "POST", path: "/api/v1/proxy/call" })).status, 404);
  t.equal((await stack.send({ method: "POST", path: "/api/v1/proxy/call" })).status, 429);
  t.equal((await stack.send({})).status, 200, "nor does the limit keep the page away");
});

/** One request as it is written here, and every byte of its answer. */
function raw(
  url: string,
  method: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ answer: string; body: Buffer }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", reject);
    socket.on("close", () => {
      const bytes = Buffer.concat(chunks);
      const end = bytes.indexOf("\r\n\r\n");
      resolve({ answer: bytes.subarray(0, end + 2).toString("latin1"), body: bytes.subarray(end + 4) });
    });
    const fields = Object.entries({ host: "edge", connection: "close", ...headers });
    const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    socket.write(`${method} ${target} HTTP/1.1\r\n${lines}\r\n`);
  });
}

function etagOf(answer: string): string | undefined {
  return /^etag: (\S+)\r$/m.exec(answer)?.[1];
}
