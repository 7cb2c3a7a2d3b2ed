import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { LIMITS } from "@vaultproof/protocol/limits";
import t from "tap";
import { openCallPath } from "../helpers/call-path.js";
import { canReadMemoryUse, forgetPeak, peakResidentBytes, residentBytes } from "../helpers/process-size.js";
import { openCallMaker, sendCall, type CallBody, type ProvedCall } from "../helpers/proved-calls.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";

// Bodies for the provider, up to the limit and beyond it, through edge and server as they are set by default.

const skip = findReferenceString() === undefined && noReferenceString;
const MIB = 1024 * 1024;
const LIMIT = LIMITS.defaultBodyBytes;
const TOO_LARGE = { status: 413, source: "vaultproof", body: { error: "Request too large" } };
/** An edge holds one upload of at most the limit and a third, and what the collector has not yet taken of its pieces. */
const MAX_GROWTH_BYTES = 96 * MIB;

await t.test("uploads", { skip }, async (t) => {
  const path = await openCallPath(t);
  const { stack, app, edge, server, bundle, prover } = path;
  const { provider } = stack;
  const calls = await openCallMaker({ edgeUrl: edge.url, bundle, prover });

  /** JSON of so many canonical bytes. */
  const jsonOf = (bytes: number): CallBody => ({ json: { text: "x".repeat(bytes - '{"text":""}'.length) } });
  const bytesOf = (bytes: number): CallBody => ({ bytes: randomBytes(bytes) });
  for (const [form, make] of Object.entries({ JSON: jsonOf, base64: bytesOf })) {
    await t.test(`${form} of exactly the limit arrives byte for byte`, async (t) => {
      const body = make(LIMIT);
      const call = await calls.makePost(body);
      t.match(await sendCall(edge.url, call), { status: 200, source: "upstream" });
      const expected = "bytes" in body ? Buffer.from(body.bytes) : Buffer.from(JSON.stringify(body.json));
      t.equal(expected.length, LIMIT);
      t.ok(provider.requests.at(-1)?.body.equals(expected));
    });

    await t.test(`${form} of one byte more is refused`, async (t) => {
      const before = provider.requests.length;
      t.strictSame(await sendCall(edge.url, await calls.makePost(make(LIMIT + 1))), TOO_LARGE);
      t.equal(provider.requests.length, before);
    });
  }

  await t.test("through the SDK: exactly the limit, and one byte more", async (t) => {
    const post = (bytes: number) =>
      app.fetch("/v1/files", { method: "POST", body: Buffer.alloc(bytes, "x") });
    t.equal((await post(LIMIT)).status, 200);
    t.equal(provider.requests.at(-1)?.body.length, LIMIT);
    const refused = await post(LIMIT + 1);
    t.strictSame(
      { status: refused.status, source: refused.headers.get("vp-source"), body: await refused.json() },
      TOO_LARGE,
    );
  });

  await t.test("without a declared length", async (t) => {
    const call = await calls.makePost(bytesOf(LIMIT));
    const outgoing = startUpload(edge.url);
    for (let at = 0; at < call.body.length; at += MIB) outgoing.write(call.body.slice(at, at + MIB));
    outgoing.end();
    const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
    t.equal(answer.statusCode, 200);
    answer.resume();
    t.equal(provider.requests.at(-1)?.url, call.targetPath);
    t.equal(provider.requests.at(-1)?.body.length, LIMIT);
  });

  await t.test(
    "that never end are refused at the limit, and nothing beyond it is kept",
    {
      skip: !canReadMemoryUse && "reads the memory use of processes from /proc",
    },
    async (t) => {
      // One of its own, whose memory no earlier upload has filled.
      const { child, url } = await stack.startEdge(server.url);
      t.equal((await fetch(`${url}/health`)).status, 200);
      forgetPeak(child.pid);
      const before = residentBytes(child.pid);
      const { text, sent } = await uploadForEver(url);
      t.match(text, /^HTTP\/1\.1 413 .*\r\n\r\n\{"error":"Request too large"\}$/s);
      t.ok(sent > 4 * LIMIT, `the edge cut the upload after ${Math.round(sent / MIB)} MiB`);
      const growth = peakResidentBytes(child.pid) - before;
      t.ok(growth < MAX_GROWTH_BYTES, `and grew by ${Math.round(growth / MIB)} MiB`);
    },
  );

  await t.test("that are longer than they declare: refused, and executed once at most", async (t) => {
    const call = await calls.makePost(bytesOf(1000));
    const text = await sendSurplus(edge.url, call, "surplus ".repeat(1000));
    t.match(text, /^HTTP\/1\.1 400 .*\r\n\r\n\{"error":"Invalid request"\}$/s, "that and nothing else");
    await sendCall(edge.url, call);
    const executed = provider.requests.filter(({ url }) => url === call.targetPath);
    t.strictSame(
      executed.map(({ body }) => body.length),
      [1000],
    );
  });
});

function startUpload(edgeUrl: string) {
  return httpRequest(`${edgeUrl}/api/v1/proxy/call`, {
    method: "POST",
    headers: { "content-type": "application/json", "transfer-encoding": "chunked" },
    agent: false,
  });
}

/** Uploads until the edge closes the connection; gives what it said and the bytes that it took. */
async function uploadForEver(edgeUrl: string): Promise<{ text: string; sent: number }> {
  const { hostname, port } = new URL(edgeUrl);
  const socket = connect(Number(port), hostname);
  let text = "";
  socket.setEncoding("latin1").on("data", (piece: string) => (text += piece));
  socket.on("error", () => undefined);
  const fields = ["host: edge", "content-type: application/json", "transfer-encoding: chunked"];
  socket.write(["POST /api/v1/proxy/call HTTP/1.1", ...fields, "", ""].join("\r\n"));
  const chunk = `${(MIB / 4).toString(16)}\r\n${"x".repeat(MIB / 4)}\r\n`;
  const pour = (): void => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on("drain", pour);
  pour();
  await new Promise((resolve) => socket.once("close", resolve));
  return { text, sent: socket.bytesWritten };
}

/** Sends a call with more behind it; gives all that comes back until the connection is closed. */
async function sendSurplus(edgeUrl: string, { body }: ProvedCall, surplus: string): Promise<string> {
  const { hostname, port } = new URL(edgeUrl);
  const socket = connect(Number(port), hostname);
  const fields = ["host: edge", "content-type: application/json", `content-length: ${body.length}`];
  socket.write(["POST /api/v1/proxy/call HTTP/1.1", ...fields, "", body + surplus].join("\r\n"));
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
  socket.on("error", () => undefined);
  await new Promise((resolve) => socket.once("close", resolve));
  return text;
}
