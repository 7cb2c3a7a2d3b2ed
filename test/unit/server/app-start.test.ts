import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t from "tap";
import { startServer } from "@vaultproof/server/start";
import { startChild } from "../../helpers/child-process.js";
import { createTestDatabase, postgresSkipReason } from "../../helpers/databases.js";

const MAIN = fileURLToPath(new URL("../../../../server/dist/main.js", import.meta.url));
const PORTS = { SERVER_PORT: "0", OPS_PORT: "0" };

await t.test("a server starts from an empty folder, says who it is, and stops when told", async (t) => {
  const env = { ...PORTS, DATA_DIR: join(t.testdir({}), "data") };
  const identities = new Set<string>();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const child = startChild(MAIN, { env });
    t.teardown(() => child.stop("SIGKILL"));
    const [line] = await child.waitFor(/^.*"msg":"listening".*$/m);
    const { url, opsUrl, identity } = JSON.parse(line) as { url: string; opsUrl: string; identity: string };
    identities.add(identity);
    t.match(identity, /^[A-Za-z0-9_-]{43}$/);
    const forbidden = await fetch(`${url}/internal/health`);
    t.equal(forbidden.status, 403);
    t.equal(await forbidden.text(), '{"error":"Forbidden"}');
    t.match(await (await fetch(`${opsUrl}/health`)).json(), { status: "ok" });
    const ready = await fetch(`${opsUrl}/ready`);
    t.equal(ready.status, 200);
    t.match(await ready.json(), {
      status: "ready",
      checks: { database: "ok", verifier: "ok", server: "ok" },
    });
    for (const path of [
      "/",
      "/api/v1/keys/list",
      "/metrics/",
      "/internal/health",
      "/docs/../../secrets.json",
    ]) {
      t.equal((await fetch(opsUrl + path)).status, 404, path);
    }
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      t.equal((await fetch(`${opsUrl}/health`, { method })).status, 405, method);
    }
    const described = await fetch(`${opsUrl}/openapi.json`);
    t.match(await described.json(), { openapi: "3.1.0", paths: { "/api/v1/proxy/call": { post: {} } } });
    const head = await fetch(`${opsUrl}/health?by=somebody`, { method: "HEAD" });
    t.equal(head.status, 200);
    t.equal(await head.text(), "");
    t.same(await child.stop(signal), { code: 0, signal: null }, `${signal} ends it well`);
  }
  t.equal(identities.size, 1, "it is the same server after a restart");
});

await t.test("a configuration that is wrong is explained, without a stack", async (t) => {
  const child = startChild(MAIN, {
    env: { ...PORTS, NODE_ENV: "production", SERVER_IDENTITY_KEY: "sk-canary" },
  });
  await t.rejects(child.waitFor(/listening/), /SERVER_ENCRYPTION_KEY is required/);
  t.match(await child.stop("SIGTERM"), { code: 1 });
  t.notMatch(child.output(), "sk-canary");
  t.notMatch(child.output(), /^\s+at /m);
});

await t.test("a start that fails leaves nothing behind", async (t) => {
  const env = { ...PORTS, DATA_DIR: t.testdir({}), DATABASE_URL: "postgres://127.0.0.1:1/none" };
  await t.rejects(startServer(env, { log: { write: () => undefined } }), /ECONNREFUSED/);
  const running = await startServer({ ...env, DATABASE_URL: "" }, { log: { write: () => undefined } });
  t.teardown(() => running.close());
  const port = new URL(running.url).port;
  const taken = { ...env, DATABASE_URL: "", DATA_DIR: join(env.DATA_DIR, "other"), SERVER_PORT: port };
  await t.rejects(startServer(taken, { log: { write: () => undefined } }), /EADDRINUSE/);
  const freed = await startServer({ ...taken, SERVER_PORT: "0" }, { log: { write: () => undefined } });
  await freed.close();
});

await t.test("readiness follows the database", { skip: await postgresSkipReason() }, async (t) => {
  const { url, drop } = await createTestDatabase();
  const log: string[] = [];
  const env = { ...PORTS, DATA_DIR: t.testdir({}), DATABASE_URL: url };
  const running = await startServer(env, { log: { write: (line) => void log.push(line) } });
  t.teardown(() => running.close());
  t.equal((await fetch(`${running.opsUrl}/ready`)).status, 200);
  await drop();
  const answer = await fetch(`${running.opsUrl}/ready`);
  t.equal(answer.status, 503);
  t.match(await answer.json(), {
    status: "unavailable",
    checks: { database: "does not answer", verifier: "ok" },
  });
  t.equal((await fetch(`${running.opsUrl}/health`)).status, 200, "the process lives");
});

await t.test("a connection that never ends does not hold the server up", async (t) => {
  const env = { ...PORTS, DATA_DIR: t.testdir({}), SHUTDOWN_GRACE: "1" };
  const running = await startServer(env, { log: { write: () => undefined } });
  const { hostname, port } = new URL(running.url);
  const socket = connect(Number(port), hostname);
  t.teardown(() => socket.destroy());
  socket.on("error", () => undefined);
  socket.write("POST /api/v1/proxy/call HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n");
  await delay(50);
  const ended = new Promise((resolve) => socket.once("close", resolve));
  await running.close();
  await ended;
  await t.resolves(running.close(), "closing twice is closing once");
});
