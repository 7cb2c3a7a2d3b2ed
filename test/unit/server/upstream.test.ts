import { once } from "node:events";
import { createServer as createTcpServer } from "node:net";
import { text } from "node:stream/consumers";
import t from "tap";
import {
  call,
  failure,
  KEY,
  keyBytes,
  listen,
  never,
  openUpstream,
  provider,
  rawProvider,
  read,
  requestTo,
  streamOf,
} from "../../helpers/upstream-calls.js";

void t.test("the request arrives exactly as it was, with the key and allowed headers only", async (t) => {
  const seen: {
    method: string | undefined;
    url: string | undefined;
    headers: unknown;
    raw: string[];
    body: string;
  }[] = [];
  const baseUrl = await provider(t, (request, response) => {
    void text(request).then((body) => {
      seen.push({
        method: request.method,
        url: request.url,
        headers: request.headers,
        raw: request.rawHeaders,
        body,
      });
      response.writeHead(201, {
        "content-type": "text/plain",
        "set-cookie": "a=b",
        location: "/x",
        "x-request-id": "r",
      });
      response.end("made");
    });
  });
  const upstream = openUpstream(t);
  const path = "/v1/a%20b;c/'(x)?q=%2F..%2f&e=&a=b?c#".replace("#", "");
  const answer = await call(
    upstream,
    requestTo(baseUrl, {
      method: "POST",
      path,
      headers: {
        accept: "*/*",
        authorization: "Bearer mine",
        cookie: "c=1",
        "x-forwarded-for": "1.2.3.4",
        "content-type": "application/octet-stream",
        "accept-encoding": "gzip",
        connection: "close",
        "idempotency-key": "i-1",
      },
      body: Buffer.from([0, 255, 10]),
    }),
  );
  t.equal(answer.status, 201);
  t.same(Object.keys(answer.headers).sort(), ["content-type", "x-request-id"]);
  t.equal(await read(answer), "made");
  const [arrived] = seen;
  t.equal(arrived?.method, "POST");
  t.equal(arrived?.url, path);
  t.equal(arrived?.body, Buffer.from([0, 255, 10]).toString());
  t.same(arrived?.headers, {
    host: new URL(baseUrl).host,
    connection: "keep-alive",
    accept: "*/*",
    "content-type": "application/octet-stream",
    "idempotency-key": "i-1",
    "accept-encoding": "identity",
    authorization: `Bearer ${KEY}`,
    "content-length": "3",
  });
  t.equal(arrived?.raw.filter((name) => name.toLowerCase() === "authorization").length, 1);
});

void t.test("the key stands wherever the slot's template says, byte for byte", async (t) => {
  const seen: (string | string[] | undefined)[] = [];
  const baseUrl = await provider(t, (request, response) => {
    seen.push(request.headers["x-api-key"]);
    response.end();
  });
  const upstream = openUpstream(t);
  const odd = new Uint8Array(Buffer.from("$&$1{key}~!%0d"));
  for (const headerTemplate of ["{key}", "Token {key}; v=$&"]) {
    const destination = { provider: "custom", baseUrl, headerName: "x-api-key", headerTemplate };
    const { answer } = await upstream.send(requestTo(baseUrl, { destination }), odd, never());
    streamOf(await answer).resume();
  }
  t.same(seen, ["$&$1{key}~!%0d", "Token $&$1{key}~!%0d; v=$&"]);
});

void t.test("the key is not needed any more once the head is sent, long before the answer", async (t) => {
  let answerNow = (): void => undefined;
  const heads: (string | undefined)[] = [];
  const baseUrl = await provider(t, (request, response) => {
    heads.push(request.headers.authorization);
    answerNow = () => response.end("late");
  });
  const upstream = openUpstream(t);
  const key = keyBytes();
  const sent = await upstream.send(requestTo(baseUrl), key, never());
  key.fill(0);
  while (heads.length === 0) await new Promise((resolve) => setImmediate(resolve));
  answerNow();
  const answer = await sent.answer;
  t.equal(await read(answer), "late");
  t.same(heads, [`Bearer ${KEY}`]);
});

void t.test("many calls at once each carry their own key", async (t) => {
  // Backwards, because a key that is told as it is would be redacted.
  const backwards = (text: string): string => Buffer.from(text).reverse().toString();
  const baseUrl = await provider(t, (request, response) =>
    response.end(backwards(request.headers.authorization ?? "")),
  );
  const upstream = openUpstream(t);
  const keys = Array.from({ length: 50 }, (_, i) => `key-${i}-${"x".repeat(i)}`);
  for (let round = 0; round < 2; round++) {
    const told = await Promise.all(
      keys.map(async (key) => {
        const { answer } = await upstream.send(requestTo(baseUrl), new Uint8Array(Buffer.from(key)), never());
        return await read(await answer);
      }),
    );
    t.same(
      told,
      keys.map((key) => backwards(`Bearer ${key}`)),
    );
  }
});

void t.test("answers without a body, and answers of every odd kind, are answers", async (t) => {
  const upstream = openUpstream(t);
  const plain = await provider(t, (request, response) => {
    const status = Number(new URL(request.url ?? "", "http://a").searchParams.get("status"));
    if (status === 204 || status === 304) response.writeHead(status).end();
    else
      response
        .writeHead(status, { "content-length": "5" })
        .end(request.method === "HEAD" ? undefined : "hello");
  });
  const head = await call(upstream, requestTo(plain, { method: "HEAD", path: "/?status=200" }));
  t.same(head, { status: 200, headers: {}, body: null }, "HEAD: no length of a body that is not there");
  for (const status of [204, 304]) {
    t.match(await call(upstream, requestTo(plain, { path: `/?status=${status}` })), { status, body: null });
  }
  for (const status of [200, 301, 307, 401, 404, 429, 500, 503, 599]) {
    const answer = await call(upstream, requestTo(plain, { path: `/?status=${status}` }));
    t.equal(answer.status, status);
    t.equal(answer.headers["content-length"], "5");
    t.equal(await read(answer), "hello", `status ${status} passes untouched`);
  }
  const informed = await rawProvider(
    t,
    "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
  );
  const answer = await call(upstream, requestTo(informed));
  t.equal(await read(answer), "ok", "after a 103");
  const coded = await rawProvider(
    t,
    "HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 3\r\n\r\nabc",
  );
  t.same(
    (await call(upstream, requestTo(coded))).headers,
    { "content-encoding": "br" },
    "a coded body has no length",
  );
  const endless = await rawProvider(t, "HTTP/1.1 200 OK\r\n\r\nuntil the end");
  const untilEnd = await call(upstream, requestTo(endless));
  t.equal(await read(untilEnd), "until the end");
});

void t.test("a redirect is handed back, not followed, and its target is not told", async (t) => {
  let elsewhere = 0;
  const target = await provider(t, (_request, response) => {
    elsewhere++;
    response.end();
  });
  const baseUrl = await provider(t, (_request, response) => {
    response.writeHead(302, { location: `${target}/steal` }).end("moved");
  });
  const answer = await call(openUpstream(t), requestTo(baseUrl));
  t.equal(answer.status, 302);
  t.equal(answer.headers.location, undefined);
  t.equal(await read(answer), "moved");
  t.equal(elsewhere, 0);
});

void t.test("what is no answer is a failure with a public reason", async (t) => {
  const upstream = openUpstream(t);
  const cases: [string, string, string][] = [
    ["nothing", "", "Connection closed"],
    ["half a head", "HTTP/1.1 200 OK\r\ncontent-", "Connection closed"],
    ["nonsense", "SSH-2.0-OpenSSH_9.9\r\n\r\n", "Invalid answer"],
    ["a status that is none", "HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n", "Invalid answer"],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab", "Invalid answer"],
    ["an endless head", `HTTP/1.1 200 OK\r\na: ${"x".repeat(100_000)}\r\n\r\n`, "Invalid answer"],
  ];
  for (const [name, answer, reason] of cases) {
    const baseUrl = await rawProvider(t, answer);
    t.same(await failure(call(upstream, requestTo(baseUrl))), { kind: "failed", reason }, name);
  }
  const gone = createTcpServer();
  const port = await listen(t, gone);
  gone.close();
  await once(gone, "close");
  const refused = { kind: "failed", reason: "Connection refused" };
  t.same(await failure(call(upstream, requestTo(`http://127.0.0.1:${port}`))), refused);
  const switching = await rawProvider(
    t,
    "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
  );
  t.match(
    await failure(call(upstream, requestTo(switching))),
    { kind: "failed" },
    "an upgrade nobody asked for",
  );
});

void t.test("a body that breaks off is an error of the body, not an answer that ends", async (t) => {
  const baseUrl = await rawProvider(t, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
  const answer = await call(openUpstream(t), requestTo(baseUrl));
  t.equal(answer.status, 200);
  await t.rejects(read(answer));
});
