import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { VaultProofApp } from "@vaultproof/sdk";
import t, { type Test } from "tap";
import { readerOf } from "../helpers/answer-reader.js";
import { startChild } from "../helpers/child-process.js";
import { openCallPath, type CallPath } from "../helpers/call-path.js";
import { openCallMaker, type ProvedCall } from "../helpers/proved-calls.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { openApp, storeProviderKey } from "../helpers/sdk-clients.js";
import { startTcpProvider, type TcpProvider } from "../helpers/tcp-provider.js";

// A provider that is slow at each point of a call, before servers of which one timeout is a second and the others ten
// minutes: what ends a call is the one that is meant to. An answer that has begun is cut, and is seen to be.

const SERVER = fileURLToPath(new URL("../../../server/dist/main.js", import.meta.url));
const skip = findReferenceString() === undefined && noReferenceString;
const TIMEOUTS = ["CONNECT", "HEADERS", "IDLE", "TOTAL"] as const;
type Timeout = (typeof TIMEOUTS)[number];
const NO_ANSWER = { error: "Upstream request failed", reason: "No answer in time" };
const MIB = 1024 * 1024;
const POURED_BYTES = 256 * MIB;

/** Beginnings of an answer whose end never comes. */
const BEGUN = {
  "content-length": "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nbegin",
  chunked: "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nbegin\r\n",
  "a chunk that is cut": "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\na\r\nbegin",
  "until the end of the connection": "HTTP/1.1 200 OK\r\n\r\nbegin",
};

/** An app of a slot whose provider is a listener, through servers of which one is slow to lose patience. */
interface Scene {
  readonly provider: TcpProvider;
  readonly bundle: string;
  readonly edgeUrl: string;
  readonly app: VaultProofApp;
}

await t.test("a timeout that is none is refused at the start", async (t) => {
  const names = [...TIMEOUTS.map((name) => `UPSTREAM_${name}_TIMEOUT`), "SHUTDOWN_GRACE"];
  for (const value of ["0", "-1", "1.5", "ten", "1e3", "86401", "99999999999"]) {
    const env = { ...Object.fromEntries(names.map((name) => [name, value])), DATA_DIR: t.testdir({}) };
    const child = startChild(SERVER, { env });
    t.teardown(() => child.stop("SIGKILL"));
    await t.rejects(child.waitFor(/listening/), value);
    t.same(await child.stop(), { code: 1, signal: null });
    for (const name of names) {
      const line = `  ${name} must be a whole number from 1 to 86400`;
      t.ok(child.output().split("\n").includes(line), `${name}=${value}`);
    }
    t.notMatch(child.output(), /^ +at /m, "without a stack");
  }
});

await t.test("a provider that is too slow", { skip }, async (t) => {
  const path = await openCallPath(t);
  const edges = Object.fromEntries(
    await Promise.all(
      TIMEOUTS.map(async (timeout) => {
        const env = Object.fromEntries(
          TIMEOUTS.map((name) => [`UPSTREAM_${name}_TIMEOUT`, name === timeout ? "1" : "600"]),
        );
        const { url } = await path.stack.startServer(env);
        return [timeout, (await path.stack.startEdge(url)).url] as const;
      }),
    ),
  ) as Record<Timeout, string>;
  const open = (t: Test, timeout: Timeout, tls = false) => openScene(t, path, edges[timeout], tls);

  await t.test("to connect", async (t) => {
    const { provider, app } = await open(t, "CONNECT", true);
    const calling = app.fetch("/v1/models");
    const { closed } = await provider.connected(1);
    t.strictSame(await refusal(calling), {
      ...{ status: 504, source: "vaultproof" },
      body: { error: "Upstream request failed", reason: "Connection timed out" },
    });
    await closed;
  });

  for (const timeout of ["HEADERS", "TOTAL"] as const) {
    await t.test(`to begin its answer, by UPSTREAM_${timeout}_TIMEOUT`, async (t) => {
      await each(["", "HTTP/1.1 200 OK\r\ncontent-ty"], async (begun) => {
        const { provider, app } = await open(t, timeout);
        const calling = app.fetch("/v1/models");
        const { asked, socket, closed } = await provider.connected(1);
        await asked;
        socket.write(begun);
        t.strictSame(await refusal(calling), { status: 504, source: "vaultproof", body: NO_ANSWER }, begun);
        await closed;
        t.equal(provider.requests(), 1);
      });
    });

    await t.test(`to take a request, by UPSTREAM_${timeout}_TIMEOUT`, async (t) => {
      const { provider, app } = await open(t, timeout);
      const calling = app.fetch("/v1/files", { method: "POST", body: Buffer.alloc(10 * MIB) });
      const { socket } = await provider.connected(1);
      socket.pause();
      t.strictSame(await refusal(calling), { status: 504, source: "vaultproof", body: NO_ANSWER });
    });
  }

  for (const timeout of ["IDLE", "TOTAL"] as const) {
    await t.test(`to end its answer, by UPSTREAM_${timeout}_TIMEOUT`, async (t) => {
      await each(Object.entries(BEGUN), async ([framing, begun]) => {
        const { provider, app } = await open(t, timeout);
        const calling = app.fetch("/v1/models");
        const { asked, socket, closed } = await provider.connected(1);
        await asked;
        socket.write(begun);
        const response = await calling;
        t.equal(response.status, 200, framing);
        const answer = readerOf(response);
        t.equal(String(await answer.take(5)), "begin", framing);
        await t.rejects(answer.skipRest(), TypeError, `${framing}: the app sees that it is cut`);
        await closed;
        t.equal(provider.requests(), 1, framing);
      });
    });
  }

  await t.test(
    "and a client of HTTP/1.0, to which every end looks alike, sees its connection reset",
    async (t) => {
      const scene = await open(t, "IDLE");
      const socket = send(scene, await makeCall(path, scene), "1.0");
      const atProvider = await scene.provider.connected(1);
      await atProvider.asked;
      atProvider.socket.write(BEGUN.chunked);
      let text = "";
      socket.setEncoding("latin1").on("data", (chunk: string) => (text += chunk));
      const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
      t.equal(error.code, "ECONNRESET");
      t.match(text, /^HTTP\/1\.1 200 .*\r\n\r\nbegin$/s);
    },
  );

  await t.test("but a reader that is slow is not its fault: the whole answer comes", async (t) => {
    const { provider, app } = await open(t, "IDLE");
    const calling = app.fetch("/v1/files/1/content");
    const left = await pour(provider);
    const answer = readerOf(await calling);
    await answer.take(1);
    for (let before = -1; before !== left();) {
      before = left();
      // Three times as long as a provider may say nothing.
      await delay(3000);
    }
    t.ok(left() > 0, `${left() / MIB} MiB are still with the provider`);
    t.equal(1 + (await answer.skipRest()), POURED_BYTES);
  });
});

/** Does the same with each, side by side: most of it is waiting. */
async function each<T>(things: readonly T[], work: (thing: T) => Promise<void>): Promise<void> {
  await Promise.all(things.map(work));
}

/** Sends a call over a connection of its own, which it gives. */
function send({ edgeUrl }: Scene, { body }: ProvedCall, version = "1.1"): Socket {
  const { hostname, port } = new URL(edgeUrl);
  const socket = connect(Number(port), hostname);
  const fields = ["host: edge", "content-type: application/json", `content-length: ${body.length}`];
  socket.write([`POST /api/v1/proxy/call HTTP/${version}`, ...fields, "", body].join("\r\n"));
  return socket;
}

/** Answers the first request with more than the kernel has room for, as fast as it is taken; gives what is left of it. */
async function pour(provider: TcpProvider): Promise<() => number> {
  const { asked, socket } = await provider.connected(1);
  await asked;
  socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${POURED_BYTES}\r\n\r\n`);
  const chunk = Buffer.alloc(MIB);
  let left = POURED_BYTES;
  const fill = (): void => {
    while (left > 0 && !socket.destroyed) {
      left -= chunk.length;
      if (!socket.write(chunk)) return;
    }
  };
  socket.on("drain", fill);
  fill();
  return () => left;
}

async function openScene(t: Test, path: CallPath, edgeUrl: string, tls: boolean): Promise<Scene> {
  const provider = await startTcpProvider(t);
  const origin = tls ? provider.tlsOrigin : provider.origin;
  const { vault, stack, prover } = path;
  const { bundles } = await storeProviderKey(vault, { provider: { ...stack.provider, origin } });
  const bundle = bundles[0] ?? "";
  return { provider, bundle, edgeUrl, app: await openApp(t, { url: edgeUrl, bundle, prover }) };
}

async function makeCall({ prover }: CallPath, { edgeUrl, bundle }: Scene): Promise<ProvedCall> {
  const { make } = await openCallMaker({ edgeUrl, bundle, prover });
  const [call] = await make(1);
  if (call === undefined) throw new RangeError("no call was made");
  return call;
}

async function refusal(calling: Promise<Response>) {
  const response = await calling;
  const body: unknown = await response.json();
  return { status: response.status, source: response.headers.get("vp-source"), body };
}
