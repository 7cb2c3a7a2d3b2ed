import { setTimeout as delay } from "node:timers/promises";
import { openPostgres } from "@vaultproof/db/postgres";
import t, { type Test } from "tap";
import { readerOf } from "../helpers/answer-reader.js";
import { bbChildrenOf, canListProcesses, isBbRunning } from "../helpers/bb-children.js";
import { loggedCalls } from "../helpers/call-log.js";
import { openCallPath, type CallPath } from "../helpers/call-path.js";
import type { Child } from "../helpers/child-process.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { startTcpProvider, type TcpConnection, type TcpProvider } from "../helpers/tcp-provider.js";

// Server and edge are told to stop while calls are on their way: one whose provider still thinks, one whose answer
// streams. Then they may end, are cut when the grace time is over, or at once by a second signal.

const skip = findReferenceString() === undefined && noReferenceString;
const PARTS = ["server", "edge"] as const;
const LONG = "600";
const STOPPING = { status: 503, body: { error: "Service shutting down" }, source: "vaultproof" };

/** Two calls in flight. */
interface InFlight {
  readonly provider: TcpProvider;
  /** No byte of an answer has come. */
  readonly thinking: { readonly atProvider: TcpConnection; readonly answer: Promise<Response> };
  /** The answer's first five bytes have come. */
  readonly streaming: { readonly atProvider: TcpConnection; readonly answer: ReturnType<typeof readerOf> };
}

for (const part of PARTS) {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    await t.test(
      `${signal} to the ${part}: what is in flight ends, what comes is refused`,
      { skip },
      async (t) => {
        const { path, child, verifiers } = await open(t, part, LONG);
        const { thinking, streaming } = await callTwice(t, path);
        process.kill(child.pid, signal);
        await isStopping(t, path, part);

        streaming.atProvider.socket.end("3\r\nend\r\n0\r\n\r\n");
        t.equal(String(await streaming.answer.take(8)), "end");
        await isStopping(t, path, part);
        thinking.atProvider.socket.end("HTTP/1.1 201 Created\r\ncontent-length: 4\r\n\r\ndone");
        const answer = await thinking.answer;
        t.match(answer, { status: 201 });
        t.equal(await answer.text(), "done");
        t.same(await child.ended, { code: 0, signal: null });
        await areGone(verifiers);
      },
    );
  }

  await t.test(`the ${part}, when its grace time is over, cuts what is left`, { skip }, async (t) => {
    const { path, child, verifiers } = await open(t, part, "1");
    const { provider, thinking, streaming } = await callTwice(t, path);
    const failing = thinking.answer.then(
      ({ status }) => status,
      (error: unknown) => error,
    );
    process.kill(child.pid, "SIGTERM");
    await t.rejects(streaming.answer.skipRest(), TypeError, "the app sees that its answer is cut");
    // Of the server the edge tells; with the edge the connection itself is gone.
    const failure = await failing;
    if (part === "server") t.equal(failure, 502);
    else t.type(failure, TypeError);
    await Promise.all([thinking.atProvider.closed, streaming.atProvider.closed]);
    t.same(await child.ended, { code: 0, signal: null });
    t.equal(provider.requests(), 2);
    await areGone(verifiers);
    if (path.stack.databaseUrl !== undefined) {
      const db = await openPostgres({ url: path.stack.databaseUrl });
      t.teardown(() => db.close());
      t.match(await loggedCalls(db, "/thinking"), [{ status: 499, outcome: "caller gone" }]);
      t.match(await loggedCalls(db, "/streaming"), [{ status: 200, outcome: "interrupted" }]);
    }
  });

  await t.test(`a second signal ends the ${part} at once`, { skip }, async (t) => {
    const { path, child, verifiers } = await open(t, part, LONG);
    const { thinking, streaming } = await callTwice(t, path);
    thinking.answer.catch(() => undefined);
    process.kill(child.pid, "SIGTERM");
    await isStopping(t, path, part);
    process.kill(child.pid, "SIGTERM");
    t.same(await child.ended, { code: 1, signal: null });
    await Promise.all([thinking.atProvider.closed, streaming.atProvider.closed]);
    await areGone(verifiers);
  });

  await t.test(
    `the ${part} that has nothing to do ends at once, whoever is connected`,
    { skip },
    async (t) => {
      const { path, child, verifiers } = await open(t, part, LONG);
      t.equal((await fetch(`${path.edge.url}/health`)).status, 200, "over a connection that is kept");
      t.same(await child.stop(), { code: 0, signal: null });
      await areGone(verifiers);
    },
  );
}

async function open(
  t: Test,
  part: (typeof PARTS)[number],
  grace: string,
): Promise<{ path: CallPath; child: Child; verifiers: number[] }> {
  const env = { SHUTDOWN_GRACE: grace };
  const path = await openCallPath(t, part === "server" ? { serverEnv: env } : { edgeEnv: env });
  const { child } = path[part];
  return { path, child, verifiers: canListProcesses ? bbChildrenOf(child.pid) : [] };
}

async function callTwice(t: Test, path: CallPath): Promise<InFlight> {
  const provider = await startTcpProvider(t);
  const app = await path.appFor(provider.origin);
  const thinking = app.fetch("/thinking");
  const first = await provider.connected(1);
  await first.asked;
  const streaming = app.fetch("/streaming");
  const second = await provider.connected(2);
  await second.asked;
  second.socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nbegin\r\n");
  const answer = readerOf(await streaming);
  t.equal(String(await answer.take(5)), "begin");
  return {
    provider,
    thinking: { atProvider: first, answer: thinking },
    streaming: { atProvider: second, answer },
  };
}

/** Waits until a part says that it stops, by a refusal of whatever comes, and looks at what it says. */
async function isStopping(t: Test, { edge, server }: CallPath, part: (typeof PARTS)[number]): Promise<void> {
  for (;;) {
    const answer = await fetch(`${edge.url}/api/v1/proxy/call`, { method: "POST", body: "{}" });
    const [source, retryAfter] = [answer.headers.get("vp-source"), answer.headers.get("retry-after")];
    const body: unknown = await answer.json();
    if (answer.status !== 503) {
      await delay(20);
      continue;
    }
    t.strictSame({ status: answer.status, body, source }, STOPPING);
    t.equal(retryAfter, "1");
    break;
  }
  const health = await fetch(`${edge.url}/health`);
  // The edge keeps for two seconds what it found out about the server.
  if (part === "edge") t.equal(health.status, 503);
  if (part === "server") {
    const ready = await fetch(`${server.opsUrl}/ready`);
    t.equal(ready.status, 503);
    t.match(await ready.json(), { checks: { server: "stopping" } });
    t.equal((await fetch(server.url)).status, 403, "without an edge it says nothing else than ever");
  }
}

/** Resolves when none of these bb processes runs any more. */
async function areGone(pids: readonly number[]): Promise<void> {
  while (pids.some(isBbRunning)) await delay(20);
}
