import { once } from "node:events";
import type { ServerResponse } from "node:http";
import t from "tap";
import {
  call,
  failure,
  KEY,
  openUpstream,
  provider,
  read,
  requestTo,
  streamOf,
} from "../../helpers/upstream-calls.js";

const MARK = "[redacted]".padEnd(KEY.length, "*");

void t.test("a provider that tells the key back tells it to nobody", async (t) => {
  const base64 = Buffer.from(`id:${KEY}`).toString("base64");
  const body = `you sent ${KEY}, that is ${base64}; ${Buffer.from(KEY).toString("hex")}`;
  const baseUrl = await provider(t, (_request, response) => {
    response.writeHead(401, {
      "content-length": body.length,
      "x-request-id": `for ${KEY}`,
      [`x-ratelimit-${KEY}`]: "0",
    });
    response.end(body);
  });
  const upstream = openUpstream(t);
  const answer = await call(upstream, requestTo(baseUrl));
  t.equal(answer.status, 401);
  t.same(answer.headers, { "content-length": String(body.length), "x-request-id": `for ${MARK}` });
  const text = await read(answer);
  t.equal(text.length, body.length, "as long as its content-length says");
  t.match(
    text,
    new RegExp(`^you sent \\[redacted\\]\\*+, that is .*\\[redacted\\]\\*+.*; \\[redacted\\]\\*+$`),
  );
  t.notMatch(Buffer.from(/that is ([^;]*)/.exec(text)?.[1] ?? "", "base64").toString(), KEY.slice(2, 12));
});

void t.test("a key that comes in pieces is put together, and the rest does not wait for it", async (t) => {
  const responses: ServerResponse[] = [];
  const baseUrl = await provider(t, (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write("data: first\n\n");
    responses.push(response);
  });
  const body = streamOf(await call(openUpstream(t), requestTo(baseUrl)));
  const pieces = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const next = async (): Promise<string> => String((await pieces.next()).value ?? "");
  const [response] = responses;
  t.equal(await next(), "data: first\n\n");
  response?.write(`data: ${KEY.slice(0, 7)}`);
  t.equal(await next(), "data: ", "what cannot belong to the key is there before the rest comes");
  response?.write(`${KEY.slice(7)}\n\n`);
  t.equal(await next(), `${MARK}\n\n`);
  response?.end(`data: ${KEY.slice(0, 7)}`);
  t.equal((await next()) + (await next()), `data: ${KEY.slice(0, 7)}`, "a beginning alone is no key");
  t.equal((await pieces.next()).done, true);
});

void t.test("a coded answer passes as it is: it cannot be searched", async (t) => {
  const baseUrl = await provider(t, (request, response) => {
    t.equal(request.headers["accept-encoding"], "identity", "nobody asked for it");
    response.writeHead(200, { "content-encoding": "gzip" }).end(Buffer.from([31, 139, 8, 0]));
  });
  const answer = await call(openUpstream(t), requestTo(baseUrl));
  t.equal(answer.headers["content-encoding"], "gzip");
  t.equal((await read(answer)).length > 0, true);
});

void t.test("a short answer that comes whole is handed over whole, without the key", async (t) => {
  const said = `you sent ${KEY}, that is ${Buffer.from(KEY).toString("base64")}`;
  const baseUrl = await provider(t, (_request, response) => {
    response.writeHead(200, { "content-type": "text/plain", "content-length": said.length }).end(said);
  });
  const answer = await call(openUpstream(t), requestTo(baseUrl));
  t.ok(Buffer.isBuffer(answer.body), "it does not stream again");
  t.equal(answer.headers["content-length"], String(said.length));
  const text = await read(answer);
  t.equal(text.length, said.length);
  t.match(text, /^you sent \[redacted\]\*+, that is .*\[redacted\]/);
  t.notMatch(text, KEY.slice(2, 12));
});

void t.test("an answer of no bytes, and one without a media type, arrive as they are", async (t) => {
  const baseUrl = await provider(t, (request, response) => {
    if (request.url === "/empty")
      response.writeHead(200, { "content-type": "text/plain", "content-length": 0 }).end();
    else response.writeHead(200, { "content-length": 2 }).end("ok");
  });
  const upstream = openUpstream(t);
  const empty = await call(upstream, requestTo(baseUrl, { path: "/empty" }));
  t.equal(await read(empty), "");
  const untyped = await call(upstream, requestTo(baseUrl, { path: "/untyped" }));
  t.equal(await read(untyped), "ok");
  t.notOk(Buffer.isBuffer(untyped.body), "bytes would be given a media type on their way");
});

void t.test(
  "an answer that is refused, or said to have no body, leaves nothing open to its provider",
  async (t) => {
    const closed: Promise<unknown>[] = [];
    const baseUrl = await provider(t, (request, response) => {
      closed.push(once(response, "close"));
      response.on("error", () => undefined);
      if (request.url === "/reset") response.writeHead(205, { "transfer-encoding": "chunked" });
      else response.writeHead(200, { etag: "a".repeat(12_000) });
      response.write("and on it goes");
    });
    const upstream = openUpstream(t);
    const key = Buffer.from(`${"a".repeat(4095)}b`);
    const { answer } = await upstream.send(
      requestTo(baseUrl, { path: "/headers" }),
      key,
      new AbortController().signal,
    );
    t.match(await failure(answer), { kind: "failed", reason: "Invalid answer" });
    t.equal((await call(upstream, requestTo(baseUrl, { path: "/reset" }))).body, null);
    t.equal(closed.length, 2);
    await Promise.all(closed);
  },
);
