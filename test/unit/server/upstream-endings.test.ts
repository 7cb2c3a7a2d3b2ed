import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import { createServer as createTcpServer, type Socket } from "node:net";
import t from "tap";
import {
  call,
  failure,
  keyBytes,
  listen,
  openUpstream,
  provider,
  rawProvider,
  read,
  requestTo,
  streamOf,
} from "../../helpers/upstream-calls.js";

void t.test("a call is never sent twice, not even when a kept connection dies under it", async (t) => {
  const counts = new Map<string, number>();
  const baseUrl = await provider(t, (request, response) => {
    const url = request.url ?? "";
    counts.set(url, (counts.get(url) ?? 0) + 1);
    if (url === "/die") request.socket.destroy();
    else response.end("ok");
  });
  const upstream = openUpstream(t);
  for (let round = 0; round < 5; round++) {
    streamOf(await call(upstream, requestTo(baseUrl, { path: "/warm" }))).resume();
    await new Promise((resolve) => setImmediate(resolve));
    t.match(await failure(call(upstream, requestTo(baseUrl, { path: "/die" }))), {
      kind: "failed",
      reason: "Connection closed",
    });
  }
  t.equal(counts.get("/die"), 5);
});

void t.test("each timeout ends the call", async (t) => {
  const silent = await rawProvider(t, "", { close: false });
  const timeout = { kind: "timeout", reason: "No answer in time" };
  t.same(await failure(call(openUpstream(t, { headers: 200 }), requestTo(silent))), timeout, "headers");
  t.same(
    await failure(call(openUpstream(t, { total: 200 }), requestTo(silent))),
    timeout,
    "total, before the head",
  );
  const stalled = await rawProvider(t, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", { close: false });
  for (const timeouts of [{ idle: 200 }, { total: 300 }]) {
    const answer = await call(openUpstream(t, timeouts), requestTo(stalled));
    await t.rejects(read(answer), JSON.stringify(timeouts));
  }
});

void t.test("a caller that goes away ends the call, before and during the answer", async (t) => {
  let closed = 0;
  const baseUrl = await provider(t, (request, response) => {
    request.socket.once("close", () => closed++);
    if (request.url === "/stream") response.write("first");
  });
  const upstream = openUpstream(t);
  const before = new AbortController();
  const waiting = upstream.send(requestTo(baseUrl), keyBytes(), before.signal);
  const sent = await waiting;
  before.abort();
  t.match(await failure(sent.answer), { kind: "aborted" });

  const during = new AbortController();
  const answer = await call(upstream, requestTo(baseUrl, { path: "/stream" }), during.signal);
  during.abort();
  await t.rejects(read(answer));
  t.match(
    await failure(call(upstream, requestTo(baseUrl), AbortSignal.abort())),
    { kind: "aborted" },
    "gone already",
  );
  while (closed < 2) await new Promise((resolve) => setImmediate(resolve));
  t.equal(closed, 2);
});

void t.test(
  "a call that ends while it is being connected ends the attempt, and no later than that",
  async (t) => {
    const connections: Socket[] = [];
    const server = createTcpServer((socket) => {
      // Takes the connection and says nothing, so that TLS never begins.
      connections.push(socket.resume().on("error", () => undefined));
      arrivals.emit("connection");
    });
    const arrivals = new EventEmitter();
    const baseUrl = `https://127.0.0.1:${await listen(t, server)}`;
    for (const [timeouts, kind] of [
      [{}, "aborted"],
      [{ total: 300 }, "timeout"],
    ] as const) {
      const gone = new AbortController();
      const upstream = openUpstream(t, { connect: 600_000, ...timeouts });
      const arrival = once(arrivals, "connection");
      const failing = failure(call(upstream, requestTo(baseUrl), gone.signal));
      await arrival;
      const closed = once(connections.at(-1) ?? server, "close");
      if (kind === "aborted") gone.abort();
      t.match(await failing, { kind });
      await closed;
    }
    t.match(
      await failure(call(openUpstream(t), requestTo(baseUrl), AbortSignal.abort())),
      { kind: "aborted" },
      "gone before",
    );
    t.equal(connections.length, 2, "and then nothing is dialled at all");
  },
);

void t.test("an answer that nobody reads is not read either", async (t) => {
  let written = 0;
  const chunk = Buffer.alloc(64 * 1024);
  const baseUrl = await provider(t, (_request, response) => {
    const push = (): void => {
      while (written < 64 * 1024 * 1024) {
        written += chunk.length;
        if (!response.write(chunk)) {
          response.once("drain", push);
          return;
        }
      }
    };
    response.on("error", () => undefined);
    push();
  });
  const body = streamOf(await call(openUpstream(t), requestTo(baseUrl)));
  let before = -1;
  while (before !== written) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  t.ok(written < 32 * 1024 * 1024, `${written} bytes were taken from the provider`);
  body.on("error", () => undefined).destroy();
});

void t.test("only what the policy allows is dialled", async (t) => {
  let arrived = 0;
  const server = createServer((_request, response) => {
    arrived++;
    response.end();
  });
  const port = await listen(t, server);
  const notAllowed = { kind: "failed", reason: "Address not allowed" };
  for (const host of ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"]) {
    const upstream = openUpstream(t, {}, { insecure: [host], private: [] });
    t.same(await failure(call(upstream, requestTo(`http://${host}:${port}`))), notAllowed, `private ${host}`);
  }
  const onlyPrivate = openUpstream(t, {}, { insecure: [], private: ["127.0.0.1", "localhost"] });
  for (const host of ["127.0.0.1", "localhost"]) {
    t.same(
      await failure(call(onlyPrivate, requestTo(`http://${host}:${port}`))),
      notAllowed,
      `insecure ${host}`,
    );
  }
  const otherPort = openUpstream(t, {}, { insecure: ["127.0.0.1"], private: [`127.0.0.1:${port + 1}`] });
  t.same(await failure(call(otherPort, requestTo(`http://127.0.0.1:${port}`))), notAllowed, "another port");
  t.equal(arrived, 0);
  const byName = openUpstream(t, {}, { insecure: [`localhost:${port}`], private: [`localhost:${port}`] });
  t.equal(await read(await call(byName, requestTo(`http://localhost:${port}`))), "", "a host on both lists");
  t.same(await failure(call(byName, requestTo("https://no-such-host.invalid"))), {
    kind: "failed",
    reason: "Host not found",
  });
});
