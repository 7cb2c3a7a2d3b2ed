import { request as httpRequest } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "@vaultproof/db/database";
import { createMetrics, type Metrics } from "@vaultproof/server/ops/metrics";
import { startCallTimer } from "@vaultproof/server/proxy/call-watch";
import t, { type Test } from "tap";
import { setCallStage, type CallStage } from "../../helpers/call-stage.js";
import { callsByOutcome, parseMetrics, type Samples } from "../../helpers/read-metrics.js";
import { makeEdge, plainRequest, signAsEdge } from "../../helpers/signed-requests.js";

const idleVerifier = { stats: () => ({ workers: 2, queued: 0, restarts: 0, backend: "wasm" as const }) };
const noDatabase = {
  query: () => Promise.resolve({ rows: [{ count: 9 }], rowCount: 1 }),
} as unknown as Database;

function openMetrics(parts: Partial<Parameters<typeof createMetrics>[0]> = {}): Metrics {
  return createMetrics({
    ...{ db: noDatabase, verifier: idleVerifier, inFlight: () => 0, version: "1.2.3" },
    ...parts,
  });
}

async function openStage(
  t: Test,
  config: object = {},
): Promise<{
  stage: CallStage;
  url: string;
  counted: (sum: number) => Promise<Record<string, number>>;
  read: () => Promise<Samples>;
}> {
  const metrics = openMetrics();
  const overrides = { watchCall: metrics.watchCall, onCallTiming: metrics.onTiming };
  const stage = await setCallStage(t, { app: { overrides, config } });
  const { port } = stage.app.server.address() as { port: number };
  const read = async (): Promise<Samples> => parseMetrics(await metrics.read());
  return {
    stage,
    url: `http://127.0.0.1:${port}`,
    read,
    // A call ends when its connection says so, which may be after its client has the answer.
    async counted(sum) {
      for (;;) {
        const calls = callsByOutcome(await read());
        if (Object.values(calls).reduce((a, b) => a + b, 0) >= sum) return calls;
        await delay(5);
      }
    },
  };
}

await t.test("each call is counted once, by how it ended", async (t) => {
  const { stage, url, counted, read } = await openStage(t, { bodyLimit: 100 });
  const call = await stage.makeCall();
  t.equal((await stage.send(call)).status, 200);
  t.same(await counted(1), { answered: 1 });

  t.equal((await stage.send(call)).status, 403);
  await stage.send("no json");
  await stage.send("{}", "text/plain");
  await stage.send(await stage.makeCall({ expiresAt: 1 }));
  await stage.send(await stage.makeCall({ padding: "x".repeat(100_000) }));
  t.same(await counted(6), {
    ...{ answered: 1, replay: 1, invalidRequest: 1, unsupportedMediaType: 1 },
    ...{ invalidProof: 1, payloadTooLarge: 1 },
  });

  const forged = await signAsEdge(plainRequest("POST", "/api/v1/proxy/call?x=1", { body: {} }), {
    edge: makeEdge(),
  });
  await fetch(url + forged.url, { method: "POST", headers: forged.headers, body: "{}" });
  await fetch(`${url}/api/v1/proxy/other`, { method: "POST" });
  await fetch(`${url}/api/v1/proxy/call`);
  t.match(await counted(7), { forbidden: 1 }, "other paths and methods are not calls");

  const samples = await read();
  t.equal(samples.get("vaultproof_verification_seconds_count"), 1, "cheap refusals need no verification");
  t.equal(samples.get("vaultproof_upstream_seconds_count"), 1);
  t.equal(samples.get('vaultproof_call_step_seconds_count{step="readCall"}'), 5);
  t.equal(samples.get('vaultproof_call_step_seconds_count{step="awaitAnswer"}'), 1);
});

await t.test("a provider that fails, and a caller or an answer that breaks off", async (t) => {
  const { stage, counted, read } = await openStage(t);
  stage.provider.respond((_, response) => response.destroy());
  t.equal((await stage.send(await stage.makeCall())).status, 502);
  t.same(await counted(1), { upstreamFailed: 1 });
  t.equal((await read()).get("vaultproof_upstream_seconds_count"), 1, "a failure took its time, too");

  stage.provider.respond((_, response) => void response.writeHead(200, { "content-length": 10 }).write("5"));
  const cut = await stage.send(await stage.makeCall());
  await cut.body?.cancel();
  t.same(await counted(2), { upstreamFailed: 1, interrupted: 1 });

  stage.provider.respond(() => undefined);
  const { port } = stage.app.server.address() as { port: number };
  const body = JSON.stringify(await stage.makeCall());
  const leaving = httpRequest({
    port,
    method: "POST",
    path: "/api/v1/proxy/call",
    headers: await stage.sign(body),
  });
  leaving.on("error", () => undefined);
  leaving.end(body);
  await stage.provider.sent(3);
  leaving.destroy();
  t.same(await counted(3), { upstreamFailed: 1, interrupted: 1, "caller gone": 1 });
  t.equal((await read()).get("vaultproof_upstream_seconds_count"), 3);
});

await t.test("what is measured says nothing of who calls what", async (t) => {
  const { stage, read, counted } = await openStage(t);
  // Node's own gauges name kinds of handles, and steps appear as they are taken.
  const seriesOf = (samples: Samples) =>
    [...samples.keys()].filter((name) => /^vaultproof_(?!call_step)/.test(name)).sort();
  const before = seriesOf(await read());
  for (let i = 0; i < 20; i++) {
    await stage.send(
      await stage.makeCall({ targetPath: `/v1/canary-${i}`, headers: { accept: "canary/x" } }),
    );
    await stage.send(await stage.makeCall({ appId: `canary-${i}` }));
    await stage.send({ [`canary-${i}`]: "canary" });
  }
  await counted(60);
  const samples = await read();
  t.same(seriesOf(samples), before, "no caller makes a series");
  const labels = [...samples.keys()].join("\n");
  for (const secret of ["canary", stage.slotId, "my-app", "127.0.0.1", stage.provider.origin, "/v1"]) {
    t.notMatch(labels, secret);
  }
  const names = new Set(labels.match(/(?<=[{,])\w+(?==")/g));
  t.same(
    [...names].filter(
      (name) => !["le", "outcome", "step", "version", "type", "space", "kind"].includes(name),
    ),
    ["major", "minor", "patch"],
  );
});

await t.test("the state of the parts, as it is when somebody reads", async (t) => {
  let stats = { workers: 2, queued: 5, restarts: 1, backend: "wasm" as const };
  let inFlight = 3;
  const db = {
    ...noDatabase,
    stats: () => ({ total: 4, idle: 1, waiting: 2 }),
  };
  const metrics = openMetrics({ db, verifier: { stats: () => stats }, inFlight: () => inFlight });
  const read = async () => parseMetrics(await metrics.read());
  const expected = {
    'vaultproof_build_info{version="1.2.3"}': 1,
    vaultproof_requests_in_flight: 3,
    vaultproof_verifier_queue_depth: 5,
    vaultproof_verifier_workers: 2,
    vaultproof_verifier_restarts_total: 1,
    vaultproof_database_pool_total: 4,
    vaultproof_database_pool_idle: 1,
    vaultproof_database_pool_waiting: 2,
    vaultproof_nullifier_partitions: 9,
    'vaultproof_calls_total{outcome="answered"}': 0,
  };
  const first = await read();
  for (const [name, value] of Object.entries(expected)) t.equal(first.get(name), value, name);
  t.ok(first.has("process_resident_memory_bytes"), "and of the process");
  stats = { ...stats, queued: 0, restarts: 3 };
  inFlight = 0;
  const second = await read();
  t.equal(second.get("vaultproof_verifier_restarts_total"), 3);
  t.equal(second.get("vaultproof_verifier_queue_depth"), 0);
  t.equal(second.get("vaultproof_requests_in_flight"), 0);
  const other = parseMetrics(await openMetrics().read());
  t.equal(other.get("vaultproof_verifier_restarts_total"), 0, "another server's are its own");
  t.notOk(other.has("vaultproof_database_pool_total"), "PGlite has no pool");
});

await t.test("a database that does not answer takes one value away and nothing else", async (t) => {
  let asked = 0;
  const query = () => {
    asked++;
    return Promise.reject(new Error("down"));
  };
  const metrics = openMetrics({ db: { ...noDatabase, query } });
  const [samples] = await Promise.all([metrics.read(), metrics.read(), metrics.read()]);
  const parsed = parseMetrics(samples);
  t.notOk(parsed.has("vaultproof_nullifier_partitions"));
  t.equal(parsed.get("vaultproof_verifier_workers"), 2);
  t.equal(asked, 1, "however often somebody reads");
});

void t.test("a call that fails between two steps fails in the next one", (t) => {
  const told: [string, boolean][] = [];
  const timed: string[] = [];
  const timer = startCallTimer({
    onTiming: (step) => void timed.push(step),
    watch: {
      step: (step, { began, ended, failed }) => {
        t.ok(ended >= began);
        told.push([step, failed]);
      },
      end: () => undefined,
    },
  });
  timer.endStep("readCall");
  timer.endStep("readStatement");
  timer.fail();
  t.same(told, [
    ["readCall", false],
    ["readStatement", false],
    ["verifyProof", true],
  ]);
  t.same(timed, ["readCall", "readStatement"]);
  t.end();
});
