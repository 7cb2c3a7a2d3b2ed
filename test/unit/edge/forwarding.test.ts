import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, request } from "node:http";
import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import t from "tap";
import { createEdge } from "@vaultproof/edge/handler";
import { SECRET, startEdgeWithBackend } from "./edge-with-backend.js";

/** A promise and the function that settles it. */
function signal<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

void t.test("status, headers and body are the backend's", async (t) => {
  const stack = await startEdgeWithBackend({}, ({ url }, response) => {
    const status = Number(url.slice(1));
    response.writeHead(status, "Own Words", { "x-a": ["1", "2"], location: "/elsewhere" });
    response.end(status === 204 || status === 304 ? undefined : `body of ${status}`);
  });
  t.teardown(() => stack.close());
  for (const status of [200, 201, 204, 301, 304, 403, 418, 500, 503, 599]) {
    const answer = await stack.send({ path: `/${status}` });
    t.equal(answer.status, status);
    t.equal(answer.headers["x-a"], "1, 2");
    t.equal(answer.headers.location, "/elsewhere", "redirects are passed on, not followed");
    t.equal(answer.body, status === 204 || status === 304 ? "" : `body of ${status}`);
  }
  t.equal(stack.received.length, 10);
  const head = await stack.send({ method: "HEAD", path: "/200" });
  t.equal(head.status, 200);
  t.equal(head.body, "");
  for (const method of ["PUT", "PATCH", "DELETE"]) {
    stack.received.length = 0;
    t.equal((await stack.send({ method, path: "/200", body: method })).status, 200);
    const received = stack.only();
    t.equal(received.method, method);
    t.equal(received.body.toString(), method);
  }
});

void t.test("a content coding passes through as it is", async (t) => {
  const packed = gzipSync("a text that was packed by the provider");
  const stack = await startEdgeWithBackend({}, (_, response) => {
    response.writeHead(200, { "content-encoding": "gzip", "content-length": packed.length });
    response.end(packed);
  });
  t.teardown(() => stack.close());
  const outgoing = request(stack.edge.url).end();
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  t.equal(incoming.headers["content-encoding"], "gzip");
  t.equal(incoming.headers["content-length"], String(packed.length));
  t.same(Buffer.concat((await incoming.toArray()) as Buffer[]), packed);
});

void t.test("with the platform's fetch, which decodes, headers still fit the body", async (t) => {
  const stack = await startEdgeWithBackend({}, (_, response) => {
    response.writeHead(200, { "content-encoding": "gzip" });
    response.end(gzipSync("text"));
  });
  t.teardown(() => stack.close());
  const config = {
    // An edge before the edge: the platform's fetch speaks to a real server.
    backendUrl: new URL(stack.edge.url),
    secrets: [SECRET],
    ipCallsPerMinute: 0,
    ipRegistrationsPerMinute: 0,
    bodyLimit: 1_000,
    trustedProxies: [],
    corsOrigins: [],
  };
  const answer = await createEdge({ config }).fetch(new Request("http://edge.example/a"), {
    peerAddress: "::1",
  });
  t.notOk(answer.headers.has("content-encoding"));
  t.equal(await answer.text(), "text");
});

void t.test("the first byte arrives before the last is made", async (t) => {
  const open = signal<ServerResponse>();
  const stack = await startEdgeWithBackend({}, (_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    open.resolve(response);
  });
  t.teardown(() => stack.close());
  const outgoing = request(stack.edge.url).end();
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  t.equal(incoming.headers["content-type"], "text/event-stream", "headers come while there is no body yet");

  const backend = await open.promise;
  for (const event of ["data: 1\n\n", "data: 2\n\n"]) {
    const arrived = once(incoming, "data") as Promise<[Buffer]>;
    backend.write(event);
    t.equal((await arrived)[0].toString(), event, "the answer is still open behind it");
  }
  backend.end();
  incoming.resume();
  await once(incoming, "end");
});

void t.test("a client that goes away cancels the backend's work", async (t) => {
  const waiting = signal<ServerResponse>();
  const stack = await startEdgeWithBackend({}, (_, response) => waiting.resolve(response));
  t.teardown(() => stack.close());
  const outgoing = request(stack.edge.url, { method: "POST" }).end("{}");
  outgoing.on("error", () => undefined);
  const backend = await waiting.promise;
  const cancelled = once(backend, "close");
  outgoing.destroy();
  await cancelled;
  t.notOk(backend.writableFinished, "before it had answered");
});

void t.test("a client that goes away in mid-answer stops it", async (t) => {
  const closed = signal<boolean>();
  const chunk = Buffer.alloc(64 * 1024);
  const stack = await startEdgeWithBackend({}, (_, response) => {
    response.writeHead(200);
    const fill = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on("drain", fill);
    response.on("close", () => closed.resolve(response.writableFinished));
    fill();
  });
  t.teardown(() => stack.close());
  const outgoing = request(stack.edge.url).end();
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  await once(incoming, "data");
  outgoing.destroy();
  t.notOk(await closed.promise, "the backend, which would write for ever, was told to stop");
});

void t.test("a client that reads slowly slows the backend down", async (t) => {
  const SIZE = 64 * 1024 * 1024;
  let written = 0;
  const stalled = signal<undefined>();
  const stack = await startEdgeWithBackend({}, (_, response) => {
    const chunk = Buffer.alloc(256 * 1024);
    const fill = () => {
      while (written < SIZE) {
        written += chunk.length;
        if (!response.write(chunk)) {
          stalled.resolve(undefined);
          return;
        }
      }
      response.end();
    };
    response.on("drain", fill);
    fill();
  });
  t.teardown(() => stack.close());
  const outgoing = request(stack.edge.url).end();
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  incoming.pause();
  await stalled.promise;
  // Until nothing moves any more: the backend's writes stand still while the client does not read.
  for (let before = -1; before !== written;) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  t.ok(written < SIZE / 2, `the edge holds back: ${written} of ${SIZE} bytes were let through`);
  let length = 0;
  for await (const chunk of incoming) length += (chunk as Buffer).length;
  t.equal(length, SIZE, "and nothing is lost");
});

void t.test("a client that takes nothing any more is cut off in the end", async (t) => {
  const closed = signal<boolean>();
  const chunk = Buffer.alloc(1024 * 1024);
  const stack = await startEdgeWithBackend({ clientStallMs: 200 }, (_, response) => {
    const fill = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on("drain", fill).on("close", () => closed.resolve(response.writableFinished));
    fill();
  });
  t.teardown(() => stack.close());
  const outgoing = request(stack.edge.url, { agent: false }).end();
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  t.notOk(await closed.promise, "and the backend with it, which would write for ever");
  await t.rejects(incoming.toArray(), "what was on its way is no whole answer");
});

void t.test("an idle connection to the backend is closed, one with a request never", async (t) => {
  const sockets = new Set<Socket>();
  const waiting = signal<ServerResponse>();
  const stack = await startEdgeWithBackend({ backendIdleMs: 100 }, ({ url }, response) => {
    if (response.socket !== null) sockets.add(response.socket);
    if (url === "/slow") waiting.resolve(response);
    else response.end("ok");
  });
  t.teardown(() => stack.close());
  const slow = stack.send({ path: "/slow" });
  const held = await waiting.promise;
  t.equal((await stack.send({ path: "/quick" })).status, 200);
  const [, idle] = [...sockets];
  if (idle?.closed === false) await once(idle, "close");
  held.end("after a time that is too long for an idle one");
  t.equal((await slow).body, "after a time that is too long for an idle one");
});

void t.test("a backend that is away, without its address", async (t) => {
  const stack = await startEdgeWithBackend({ backendUrl: new URL("http://127.0.0.1:1") });
  t.teardown(() => stack.close());
  const answer = await stack.send({ method: "POST", path: "/api/v1/proxy/call", body: "{}" });
  t.equal(answer.status, 502);
  t.equal(answer.headers["vp-source"], "vaultproof");
  t.equal(answer.body, '{"error":"Backend unavailable"}');
});

void t.test("a backend that breaks off: before its answer 502, in its middle a broken answer", async (t) => {
  const stack = await startEdgeWithBackend({}, ({ url }, response) => {
    if (url === "/before") {
      response.destroy();
      return;
    }
    response.writeHead(200);
    response.write("half", () => response.destroy());
  });
  t.teardown(() => stack.close());
  t.equal((await stack.send({ path: "/before" })).status, 502);
  await t.rejects(stack.send({ path: "/middle" }), "a cut answer must not look whole");
  t.equal((await stack.send({ path: "/before" })).status, 502, "the edge goes on");
});
