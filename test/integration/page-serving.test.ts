import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { pageFolder } from "../helpers/page-folder.js";
import {
  canReadMemoryUse,
  forgetPeak,
  kernelBufferBytes,
  peakResidentBytes,
  residentBytes,
} from "../helpers/process-size.js";
import { startStack, type Stack } from "../helpers/stack.js";

let stack: Stack;
t.before(async () => {
  stack = await startStack({ edgeEnv: { DASHBOARD_DIR: pageFolder } });
});
t.teardown(() => stack.close());

/** The files of the built page with their hashes, as its build lists them. */
async function listedFiles(): Promise<{ hash: string; name: string }[]> {
  const list = await readFile(join(pageFolder, "sha256sums.txt"), "utf8");
  return [...list.matchAll(/^([0-9a-f]{64}) {2}(\S+)$/gm)].map(([, hash = "", name = ""]) => ({
    hash,
    name,
  }));
}

void t.test("the page that was built is at /, each file as it is listed", async (t) => {
  const index = await fetch(stack.edgeUrl);
  t.equal(index.headers.get("content-type"), "text/html; charset=utf-8");
  const html = await index.text();
  const files = await listedFiles();
  const asked = [...html.matchAll(/(?:src|href)="\/([^"]+)"/g)].map(([, name]) => name);
  t.ok(asked.length >= 3, "a script, a style, an icon");
  for (const name of asked)
    t.ok(
      files.some((file) => file.name === name),
      `${String(name)} is there`,
    );
  for (const { hash, name } of files) {
    const answer = await fetch(`${stack.edgeUrl}/${name}`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    t.equal(createHash("sha256").update(bytes).digest("hex"), hash, `${name}, unpacked by the client`);
    t.equal(answer.headers.get("content-security-policy"), index.headers.get("content-security-policy"));
    const isKeptForGood = answer.headers.get("cache-control")?.includes("immutable") === true;
    t.equal(isKeptForGood, /^(?:assets|sdk)\//.test(name), `${name}: ${String(isKeptForGood)}`);
    if (name.endsWith(".wasm.gz")) t.equal(answer.headers.get("content-encoding"), null);
    else if (name.endsWith(".js") && bytes.length > 4096)
      t.match(answer.headers.get("content-encoding"), /^(?:br|gzip)$/);
  }
});

void t.test("the API is where it was", async (t) => {
  const health = await fetch(`${stack.edgeUrl}/health`);
  t.same(await health.json(), { status: "ok", service: "vaultproof-edge", secured: true });
  const document = (await (await fetch(`${stack.edgeUrl}/.well-known/vaultproof`)).json()) as object;
  t.ok("signature" in document, "the server's own document");
  const unknown = await fetch(`${stack.edgeUrl}/keys`, { headers: { accept: "text/html" } });
  t.equal(unknown.status, 404, "no page for an unknown path");
  t.same(await unknown.json(), { error: "Not found" });
});

void t.test("what the page tells of direct access is what curl sees", async (t) => {
  const answer = await fetch(`${stack.edgeUrl}/playground/direct-access`, { method: "POST" });
  const told = (await answer.json()) as { status: number; body: string; url: string };
  t.same([told.status, told.body], [403, '{"error":"Forbidden"}']);
  t.equal(told.url, `${stack.servers[0]?.url ?? ""}/api/v1/proxy/call`);
  const direct = await fetch(told.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  t.same([direct.status, await direct.text()], [told.status, told.body]);
});

void t.test("no request stops the edge", async (t) => {
  const [edge] = stack.edges;
  if (edge === undefined) throw new Error("no edge");
  const heads = [
    "GET / HTTP/1.1\r\nhost: e\r\nrange: bytes=5-2\r\nconnection: close",
    "GET / HTTP/1.0",
    "HEAD / HTTP/1.1\r\nhost: e\r\naccept-encoding: br\r\nconnection: close",
    `GET /${"../".repeat(20)}etc/passwd HTTP/1.1\r\nhost: e\r\nconnection: close`,
    `GET /${"%2e%2e%2f".repeat(20)}etc/passwd HTTP/1.1\r\nhost: e\r\nconnection: close`,
    "GET /%E0%A4%A HTTP/1.1\r\nhost: e\r\nconnection: close",
    'GET / HTTP/1.1\r\nhost: e\r\nif-none-match: ,,"",W/,*\r\nconnection: close',
    "GET / HTTP/1.1\r\nhost: e\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc",
    "GET /?%00 HTTP/1.1\r\nhost: e\r\naccept-encoding: ;;q=,br;q=;,\r\nconnection: close",
  ];
  const answers = await Promise.all(heads.map((head) => exchange(edge.url, head)));
  for (const [i, answer] of answers.entries()) {
    t.match(answer, /^HTTP\/1\.1 (?:200|304|400|403|404) /, heads[i] ?? "");
    t.notMatch(answer, /root:/);
  }
  t.equal((await fetch(`${edge.url}/health`)).status, 200);
  t.equal(edge.child.output().includes('"level":"error"'), false, "and none is a failure of its own");
});

void t.test("who asks and does not read costs the edge little", { skip: !canReadMemoryUse }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "vaultproof-page-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, "index.html"), "a page");
  // More than what the kernel takes from the edge for a client that does not read.
  const size = Math.min(2 * kernelBufferBytes(), 100e6);
  await writeFile(join(folder, "large"), Buffer.alloc(size, 1));
  const edge = await stack.startEdge(stack.servers[0]?.url ?? "", { DASHBOARD_DIR: folder });
  const readAll = async (): Promise<number> =>
    (await (await fetch(`${edge.url}/large`)).arrayBuffer()).byteLength;
  t.equal(await readAll(), size);
  const before = residentBytes(edge.child.pid);
  forgetPeak(edge.child.pid);
  const clients = 8;
  const sockets = await Promise.all(
    Array.from({ length: clients }, () => askWithoutReading(edge.url, "large")),
  );
  // Answered after them, so theirs have been begun.
  t.equal(await readAll(), size);
  const grown = peakResidentBytes(edge.child.pid) - before;
  for (const socket of sockets) socket.destroy();
  t.ok(
    grown < 2 * size,
    `${megabytes(grown)} MB more, where a copy for each were ${megabytes(clients * size)} MB`,
  );
});

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

/** Writes a request's head as it is and gives back all of the answer. */
async function exchange(url: string, head: string): Promise<string> {
  const socket = await open(url);
  socket.write(`${head}\r\n\r\n`);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("latin1");
}

/** Asks for a file and takes the first bytes of its answer only. */
async function askWithoutReading(url: string, name: string): Promise<Socket> {
  const socket = await open(url);
  socket.write(`GET /${name} HTTP/1.1\r\nhost: edge\r\n\r\n`);
  await once(socket, "readable");
  return socket;
}

async function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  return socket;
}
