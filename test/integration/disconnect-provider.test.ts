import { createServer } from "node:http";
import type { Socket } from "node:net";
import t, { type Test } from "tap";
import { readerOf } from "../helpers/answer-reader.js";
import { openCallPath, type CallPath } from "../helpers/call-path.js";
import { openCallMaker, REPLAY, sendCall, type ProvedCall } from "../helpers/proved-calls.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { openApp, storeProviderKey } from "../helpers/sdk-clients.js";
import { startTcpProvider, type TcpConnection, type TcpProvider } from "../helpers/tcp-provider.js";
import { listen } from "../helpers/upstream-calls.js";

// The provider leaves, at the worst moment for whoever would like to try again. One nullifier, one request at most: what
// the provider was sent is counted, and the same call sent again is a replay.

const skip = findReferenceString() === undefined && noReferenceString;
const CLOSED = failed("Connection closed");
const KEPT_ALIVE = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

const ENDS: Record<string, (socket: Socket) => void> = {
  "closes its connection": (socket) => socket.end(),
  "destroys its connection": (socket) => socket.destroy(),
  "resets its connection": (socket) => socket.resetAndDestroy(),
};

await t.test("the provider", { skip }, async (t) => {
  const path = await openCallPath(t);
  const { edge } = path;

  for (const [name, end] of Object.entries(ENDS)) {
    await t.test(`${name} before it has read anything`, async (t) => {
      const { provider, call } = await openCall(t, path);
      void provider.connected(1).then(({ socket }) => end(socket.pause()));
      t.match(await sendCall(edge.url, call), CLOSED);
      await isSpent(t, path, { provider, call });
    });

    await t.test(`${name} when it has read a request`, async (t) => {
      const { provider, call } = await openCall(t, path);
      const sending = sendCall(edge.url, call);
      const { asked, socket } = await provider.connected(1);
      await asked;
      end(socket);
      t.match(await sending, CLOSED);
      await isSpent(t, path, { provider, call });
    });

    await t.test(`${name} in the middle of an answer's head`, async (t) => {
      const { provider, call } = await openCall(t, path);
      const sending = sendCall(edge.url, call);
      const { asked, socket } = await provider.connected(1);
      await asked;
      socket.write("HTTP/1.1 200 OK\r\ncontent-", () => end(socket));
      t.match(await sending, {
        status: 502,
        source: "vaultproof",
        body: { error: "Upstream request failed" },
      });
      await isSpent(t, path, { provider, call });
    });

    for (const method of ["GET", "POST"]) {
      await t.test(`${name}, which was kept, when it has read the next ${method} on it`, async (t) => {
        const { provider, bundle } = await openCall(t, path);
        const app = await openApp(t, { url: edge.url, bundle, prover: path.prover });
        const first = app.fetch("/first");
        const connection = await provider.connected(1);
        await connection.asked;
        connection.socket.write(KEPT_ALIVE);
        t.equal(await (await first).text(), "ok");
        const second = app.fetch("/second", method === "POST" ? { method, body: "{}" } : {});
        await secondRequest(connection);
        end(connection.socket);
        const answer = await second;
        t.match({ status: answer.status, body: await answer.json() }, CLOSED);
        t.equal(sent(provider, "/second"), 1);
        t.equal(provider.requests(), 2);
      });
    }

    await t.test(`${name}, which was kept and idle, just when a call comes`, async (t) => {
      const { provider, bundle } = await openCall(t, path);
      const app = await openApp(t, { url: edge.url, bundle, prover: path.prover });
      const answered = answerEverything(provider);
      const outcomes = new Set<number>();
      for (let round = 0; round < 10; round++) {
        await (await app.fetch(`/warm-${round}`)).text();
        const calling = app.fetch(`/hit-${round}`);
        // At a moment of its own in each round, while the call is proved, checked or sent.
        for (let turn = 0; turn < round * 8; turn++) await new Promise((resolve) => setImmediate(resolve));
        for (const { socket } of provider.connections) if (!socket.destroyed) end(socket);
        const answer = await calling;
        outcomes.add(answer.status);
        await answer.text();
        t.ok(sent(provider, `/hit-${round}`) <= 1, `${answer.status}`);
      }
      answered.stop();
      t.ok([...outcomes].every((status) => status === 200 || status === 502));
    });
  }

  for (const [framing, begun] of Object.entries({
    "content-length": "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nbegin",
    chunked: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nbegin\r\n",
  })) {
    await t.test(`breaks an answer off: ${framing}`, async (t) => {
      for (const end of Object.values(ENDS)) {
        const { provider, bundle } = await openCall(t, path);
        const app = await openApp(t, { url: edge.url, bundle, prover: path.prover });
        const calling = app.fetch("/v1/models");
        const { asked, socket } = await provider.connected(1);
        await asked;
        socket.write(begun);
        const response = await calling;
        t.match(response, { status: 200 });
        const answer = readerOf(response);
        t.equal(String(await answer.take(5)), "begin");
        end(socket);
        await t.rejects(answer.skipRest(), TypeError, "the app sees it");
        t.equal(provider.requests(), 1);
      }
    });
  }

  await t.test("speaks no HTTP", async (t) => {
    const { provider, call } = await openCall(t, path);
    const sending = sendCall(edge.url, call);
    const { asked, socket } = await provider.connected(1);
    await asked;
    socket.end("SSH-2.0-OpenSSH_9.9\r\n");
    t.match(await sending, failed("Invalid answer"));
    await isSpent(t, path, { provider, call });
  });

  await t.test("speaks no TLS", async (t) => {
    const { provider, call } = await openCall(t, path, { tls: true });
    void provider.connected(1).then(({ socket }) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    t.match(await sendCall(edge.url, call), failed("TLS failed"));
    t.equal(provider.requests(), 0);
    t.match(await sendCall(edge.url, call), REPLAY);
  });

  await t.test("is away", async (t) => {
    const closed = createServer();
    const port = await listen(t, closed);
    const { call } = await openCall(t, path, { origin: `http://127.0.0.1:${port}` });
    closed.close();
    t.match(await sendCall(edge.url, call), failed("Connection refused"));
    t.match(await sendCall(edge.url, call), REPLAY);
  });
});

await t.test("an edge tries nothing twice either", { skip }, async (t) => {
  const { stack } = await openCallPath(t);
  for (const [name, end] of Object.entries(ENDS)) {
    for (const method of ["GET", "POST"]) {
      const backend = await startTcpProvider(t);
      const { url } = await stack.startEdge(backend.origin);
      const send = (path: string) =>
        fetch(url + path, method === "POST" ? { method, body: "{}" } : { method });
      const first = send("/first");
      const connection = await backend.connected(1);
      await connection.asked;
      connection.socket.write(KEPT_ALIVE);
      t.equal(await (await first).text(), "ok");
      const second = send("/second");
      await secondRequest(connection);
      end(connection.socket);
      const answer = await second;
      t.equal(answer.status, 502, `the backend ${name}, ${method}`);
      t.strictSame(await answer.json(), { error: "Backend unavailable" });
      t.equal(backend.requests(), 2);
    }
  }
});

function failed(reason: string) {
  return { status: 502, body: { error: "Upstream request failed", reason } };
}

interface OpenCall {
  readonly provider: TcpProvider;
  readonly bundle: string;
  readonly call: ProvedCall;
}

async function openCall(
  t: Test,
  { vault, stack, edge, prover }: CallPath,
  options: { readonly tls?: boolean; readonly origin?: string } = {},
): Promise<OpenCall> {
  const provider = await startTcpProvider(t);
  const origin = options.origin ?? (options.tls === true ? provider.tlsOrigin : provider.origin);
  const { bundles } = await storeProviderKey(vault, { provider: { ...stack.provider, origin } });
  const bundle = bundles[0] ?? "";
  const [call] = await (await openCallMaker({ edgeUrl: edge.url, bundle, prover })).make(1);
  if (call === undefined) throw new RangeError("no call was made");
  return { provider, bundle, call };
}

/** The call reached the provider once at most, and reaches it no more. */
async function isSpent(
  t: Test,
  { edge }: CallPath,
  { provider, call }: Omit<OpenCall, "bundle">,
): Promise<void> {
  t.match(await sendCall(edge.url, call), REPLAY);
  t.ok(sent(provider, call.targetPath) <= 1);
}

/** How often a path was asked for. */
function sent({ connections }: TcpProvider, path: string): number {
  return connections.reduce((sum, { received }) => sum + received().split(` ${path} HTTP/1.1`).length - 1, 0);
}

async function secondRequest({ socket, received }: TcpConnection): Promise<void> {
  while (received().split(" HTTP/1.1\r\n").length < 3) {
    await new Promise((resolve) => socket.once("data", resolve));
  }
}

/** Answers every request of every connection, and keeps the connections. */
function answerEverything(provider: TcpProvider): { stop: () => void } {
  let stopped = false;
  const serve = async (): Promise<void> => {
    for (let count = 1; !stopped; count++) {
      const { socket, asked } = await provider.connected(count);
      void asked.then(() => {
        if (!socket.destroyed) socket.write(KEPT_ALIVE);
        socket.on("data", () => socket.destroyed || socket.write(KEPT_ALIVE));
      });
    }
  };
  void serve();
  return { stop: () => (stopped = true) };
}
