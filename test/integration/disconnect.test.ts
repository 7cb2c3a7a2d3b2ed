import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "@vaultproof/db/database";
import { openPostgres } from "@vaultproof/db/postgres";
import t, { type Test } from "tap";
import { readerOf } from "../helpers/answer-reader.js";
import { bbChildrenOf, canListProcesses } from "../helpers/bb-children.js";
import { loggedCalls } from "../helpers/call-log.js";
import { openCallPath, type CallPath } from "../helpers/call-path.js";
import { postgresSkipReason } from "../helpers/databases.js";
import { openCallMaker, REPLAY, sendCall, type ProvedCall } from "../helpers/proved-calls.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { storeProviderKey } from "../helpers/sdk-clients.js";
import { holdSlotLock } from "../helpers/slot-lock.js";
import { startTcpProvider, type TcpConnection, type TcpProvider } from "../helpers/tcp-provider.js";

// Whoever made a call leaves, at every stage of it. Every timeout is ten minutes: what ends earlier ends because of that.

const skip = findReferenceString() === undefined ? noReferenceString : await postgresSkipReason();
const NO_TIMEOUTS = Object.fromEntries(
  ["CONNECT", "HEADERS", "IDLE", "TOTAL"].map((name) => [`UPSTREAM_${name}_TIMEOUT`, "600"]),
);
const CALLER_GONE = [{ status: 499, outcome: "caller gone" }];
const INTERRUPTED = [{ status: 200, outcome: "interrupted" }];

/** A slot whose provider is a listener of the test's own, and calls on it. */
interface Target {
  readonly keySlotId: string;
  readonly provider: TcpProvider;
  readonly makeCall: () => Promise<ProvedCall>;
}

await t.test("the caller leaves", { skip }, async (t) => {
  const path = await openCallPath(t, { database: "postgres", serverEnv: NO_TIMEOUTS });
  const { server, edge } = path;
  const db = await openPostgres({ url: path.stack.databaseUrl ?? "", max: 4 });
  t.teardown(() => db.close());

  await t.test("while its call is being uploaded: nothing is executed", async (t) => {
    const { provider, makeCall } = await openTarget(t, path);
    const call = await makeCall();
    const socket = upload(edge.url, call.body.length, call.body.slice(0, -1));
    await once(socket, "connect");
    socket.resetAndDestroy();
    t.match(await sendLater(path, provider, call), { status: 200 }, "the same call is still good");
  });

  await t.test(
    "while its proof waits for a verifier: nothing is burnt",
    {
      skip: !canListProcesses && "finds the verifiers in /proc",
    },
    async (t) => {
      const { provider, makeCall } = await openTarget(t, path);
      const call = await makeCall();
      const verifiers = bbChildrenOf(server.child.pid);
      t.ok(verifiers.length > 0);
      for (const pid of verifiers) process.kill(pid, "SIGSTOP");
      try {
        const statementRead = await watchStatements(db);
        const caller = send(edge.url, call);
        await statementRead();
        await leave(path, caller);
      } finally {
        for (const pid of verifiers) process.kill(pid, "SIGCONT");
      }
      t.match(await sendLater(path, provider, call), { status: 200 }, "the same call is still good");
      t.strictSame(await endings(db, call, 2), [...CALLER_GONE, { status: 200, outcome: "answered" }]);
    },
  );

  await t.test("while its nullifier is being burnt: no provider is dialled", async (t) => {
    const { provider, makeCall, keySlotId } = await openTarget(t, path);
    const call = await makeCall();
    const lock = await holdSlotLock(db, keySlotId, "change");
    const caller = send(edge.url, call);
    await lock.waitedFor({ changes: 0, burns: 1 });
    await leave(path, caller);
    await lock.release();
    t.strictSame(await endings(db, call), CALLER_GONE);
    t.match(await sendCall(edge.url, call), REPLAY, "it is burnt");
    t.equal(provider.connections.length, 0);
  });

  const stages: Record<string, { tls?: boolean; until: (at: TcpConnection) => Promise<unknown> }> = {
    "while the provider is being connected": { tls: true, until: ({ socket }) => once(socket, "data") },
    "while the provider thinks": { until: ({ asked }) => asked },
    "in the middle of the answer's head": {
      until: async ({ asked, socket }) => {
        await asked;
        socket.write("HTTP/1.1 200 OK\r\ncontent-ty");
      },
    },
  };
  for (const [name, { tls = false, until }] of Object.entries(stages)) {
    for (const by of ["destroy", "resetAndDestroy"] as const) {
      await t.test(`${name} (${by}): the connection to it is closed`, async (t) => {
        const { provider, makeCall } = await openTarget(t, path, { tls });
        const call = await makeCall();
        const caller = send(edge.url, call);
        const atProvider = await provider.connected(1);
        await until(atProvider);
        caller[by]();
        await atProvider.closed;
        t.strictSame(await endings(db, call), CALLER_GONE);
        t.equal(provider.requests(), tls ? 0 : 1, "and nothing is sent again");
      });
    }
  }

  await t.test("in the middle of the answer: the connection is closed", async (t) => {
    const { provider, makeCall } = await openTarget(t, path);
    const call = await makeCall();
    const caller = send(edge.url, call);
    const atProvider = await answering(provider);
    await once(caller, "data");
    caller.destroy();
    await atProvider.closed;
    t.strictSame(await endings(db, call), INTERRUPTED);
  });

  await t.test("having read nothing for so long that everything stands still", async (t) => {
    const { provider, makeCall } = await openTarget(t, path);
    const call = await makeCall();
    const caller = send(edge.url, call).pause();
    const { socket, closed } = await answering(provider);
    const chunk = Buffer.alloc(1024 * 1024);
    while (socket.write(`${chunk.length.toString(16)}\r\n`) && socket.write(chunk)) socket.write("\r\n");
    await standsStill(() => socket.bytesWritten);
    caller.destroy();
    await closed;
    t.strictSame(await endings(db, call), INTERRUPTED);
  });

  await t.test("through the SDK, by its signal", async (t) => {
    for (const stage of ["connecting", "thinking", "answering"]) {
      const provider = await startTcpProvider(t);
      const app = await path.appFor(stage === "connecting" ? provider.tlsOrigin : provider.origin);
      const abort = new AbortController();
      const calling = app.fetch("/v1/models", { signal: abort.signal });
      const atProvider = await provider.connected(1);
      if (stage === "thinking") await atProvider.asked;
      if (stage === "answering") {
        await answering(provider);
        const answer = readerOf(await calling);
        t.equal(String(await answer.take(5)), "begin");
        abort.abort();
        await t.rejects(answer.take(1), { name: "AbortError" }, stage);
      } else {
        abort.abort();
        await t.rejects(calling, { name: "AbortError" }, stage);
      }
      await atProvider.closed;
      t.equal(provider.requests(), stage === "connecting" ? 0 : 1, stage);
    }
  });

  await t.test("through the SDK, by cancelling the answer's body", async () => {
    const provider = await startTcpProvider(t);
    const app = await path.appFor(provider.origin);
    const calling = app.fetch("/v1/models");
    const atProvider = await answering(provider);
    await (await calling).body?.cancel();
    await atProvider.closed;
  });

  await t.test("together with its edge, which is killed", async (t) => {
    for (const stage of ["thinking", "answering"]) {
      const other = await path.stack.startEdge(server.url);
      const { provider, makeCall } = await openTarget(t, path);
      const call = await makeCall();
      const caller = send(other.url, call);
      const atProvider = await provider.connected(1);
      if (stage === "answering") {
        await answering(provider);
        await once(caller, "data");
      } else await atProvider.asked;
      await other.child.stop("SIGKILL");
      await atProvider.closed;
      t.strictSame(await endings(db, call), stage === "answering" ? INTERRUPTED : CALLER_GONE);
    }
  });

  await t.test("forty at once: none is left over, none is sent again", async (t) => {
    const { provider, makeCall } = await openTarget(t, path);
    const calls = await Promise.all(Array.from({ length: 40 }, makeCall));
    const callers = calls.map((call) => send(edge.url, call));
    await provider.connected(calls.length);
    const atProvider = provider.connections.slice(0, calls.length);
    await Promise.all(atProvider.map(({ asked }) => asked));
    for (const caller of callers) caller.destroy();
    await Promise.all(atProvider.map(({ closed }) => closed));
    for (const call of calls) t.strictSame(await endings(db, call), CALLER_GONE);
    t.equal(provider.requests(), calls.length);
  });

  t.notMatch(
    path.stack.logs(),
    /unexpected error|"level":\s*(?:50|60)/,
    "none of it took the server by surprise",
  );
});

async function openTarget(t: Test, path: CallPath, { tls = false } = {}): Promise<Target> {
  const provider = await startTcpProvider(t);
  const origin = tls ? provider.tlsOrigin : provider.origin;
  const { keySlotId, bundles } = await storeProviderKey(path.vault, {
    provider: { ...path.stack.provider, origin },
  });
  const { edge, prover } = path;
  const { make } = await openCallMaker({ edgeUrl: edge.url, bundle: bundles[0] ?? "", prover });
  const makeCall = async (): Promise<ProvedCall> => {
    const [call] = await make(1);
    if (call === undefined) throw new RangeError("no call was made");
    return call;
  };
  return { keySlotId, provider, makeCall };
}

/** Sends a call over a connection of its own, which it gives. */
function send(edgeUrl: string, { body }: ProvedCall): Socket {
  return upload(edgeUrl, body.length, body);
}

function upload(edgeUrl: string, length: number, body: string): Socket {
  const { hostname, port } = new URL(edgeUrl);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  const head = [
    "POST /api/v1/proxy/call HTTP/1.1",
    "host: edge",
    "content-type: application/json",
    `content-length: ${length}`,
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  return socket;
}

/** Sends a call again, to a provider that answers it; the first that the provider ever sees. */
async function sendLater({ edge }: CallPath, provider: TcpProvider, call: ProvedCall) {
  const sending = sendCall(edge.url, call);
  const { asked, socket } = await Promise.race([
    provider.connected(1),
    sending.then((answer) => Promise.reject(new Error(`answered without it: ${JSON.stringify(answer)}`))),
  ]);
  await asked;
  socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  const answer = await sending;
  if (provider.requests() !== 1) throw new Error("the provider was called twice");
  return answer;
}

/** Answers the first request with a head and five bytes of a body that goes on. */
async function answering(provider: TcpProvider): Promise<TcpConnection> {
  const connection = await provider.connected(1);
  await connection.asked;
  connection.socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nbegin\r\n");
  return connection;
}

/** How the calls with this path ended. */
async function endings(db: Database, { targetPath }: ProvedCall, count = 1) {
  return (await loggedCalls(db, targetPath, count)).map(({ status, outcome }) => ({ status, outcome }));
}

/**
 * Leaves, and waits until the server knows: the first round trip through the edge comes back when the edge has seen it
 * and passed it on, the second when the server has.
 */
async function leave({ edge }: CallPath, caller: Socket): Promise<void> {
  caller.destroy();
  await once(caller, "close");
  for (let trip = 0; trip < 2; trip++) {
    const answer = await fetch(`${edge.url}/.well-known/vaultproof`, { headers: { connection: "close" } });
    await answer.text();
  }
}

/** Gives a wait for the server to have read, after now, what a call is to be checked against. */
async function watchStatements(db: Database): Promise<() => Promise<void>> {
  const { rows } = await db.query<{ now: string }>({ text: "SELECT clock_timestamp()::text AS now" });
  return async () => {
    for (;;) {
      const found = await db.query<{ count: number }>({
        text: `SELECT count(*)::integer AS count FROM pg_stat_activity
                WHERE datname = current_database() AND state = 'idle'
                  AND query LIKE '%SELECT s.id AS "slotId"%' AND query_start > $1::timestamptz`,
        values: [rows[0]?.now],
      });
      if ((found.rows[0]?.count ?? 0) > 0) return;
      await delay(20);
    }
  };
}

async function standsStill(count: () => number): Promise<void> {
  for (let before = -1; before !== count();) {
    before = count();
    await delay(300);
  }
}
