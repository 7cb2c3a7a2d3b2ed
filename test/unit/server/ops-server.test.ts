import { request as httpRequest } from "node:http";
import type { Database } from "@vaultproof/db/database";
import { describeRoutes } from "@vaultproof/server/ops/openapi/describe-routes";
import { startOpsServer, type OpsOptions } from "@vaultproof/server/ops/ops-server";
import t, { type Test } from "tap";

const DATABASE = { query: () => Promise.resolve({ rows: [{ now: 1 }], rowCount: 1 }) } as unknown as Database;

async function openOps(
  t: Test,
  options: Partial<OpsOptions> = {},
): Promise<{ url: string; errors: unknown[] }> {
  const errors: unknown[] = [];
  const server = await startOpsServer({
    ...{ host: "127.0.0.1", port: 0, db: DATABASE, isStopping: () => false },
    verifier: { stats: () => ({ workers: 1, queued: 0, restarts: 0, backend: "wasm" }) },
    metrics: { contentType: "text/plain; version=0.0.4", read: () => Promise.resolve("m 1\n") },
    describe: () => describeRoutes([{ method: "GET", url: "/.well-known/vaultproof", schema: {} }]),
    log: { error: (object: unknown) => void errors.push(object) },
    ...options,
  });
  t.teardown(() => server.close());
  return { url: server.url, errors };
}

/** Sends a target as it is written. */
function ask(
  url: string,
  path: string,
  options: { method?: string; setHost?: boolean } = {},
): Promise<number> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const asking = httpRequest({ hostname, port, path, agent: false, ...options }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asking.on("error", reject);
    asking.end();
  });
}

await t.test("GET and HEAD of what there is, whatever Host is asked for", async (t) => {
  const { url } = await openOps(t);
  for (const path of [
    "/health",
    "/ready",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/docs/",
    "/metrics?name[]=a",
  ]) {
    const answer = await fetch(url + path);
    t.equal(answer.status, 200, path);
    t.not(await answer.text(), "");
    const head = await fetch(url + path, { method: "HEAD" });
    t.equal(head.status, 200, path);
    t.equal(head.headers.get("content-type"), answer.headers.get("content-type"));
    t.equal(await head.text(), "", path);
    t.equal(await ask(url, path, { method: "POST" }), 405, path);
    t.equal(await ask(url, path, { setHost: false }), 200, "without Host");
  }
  t.equal((await fetch(`${url}/metrics`)).headers.get("content-type"), "text/plain; version=0.0.4");
});

await t.test("nothing else is there", async (t) => {
  const { url } = await openOps(t);
  for (const path of [
    ...["/", "/Health", "/health/", "/docsx", "//docs", "/%64ocs", "/api/v1/keys/list", "/docs/none"],
    ...[
      "/docs/static/../../package.json",
      "/docs/static/..%2f..%2fpackage.json",
      "/docs/static/%2e%2e/index.js",
    ],
    ...["http://elsewhere/health", "/docs/static/\\..\\index.js"],
  ]) {
    const status = await ask(url, path);
    t.ok([403, 404].includes(status), `${path} is answered ${status}`);
  }
});

await t.test("the page loads nothing from anywhere else", async (t) => {
  const { url } = await openOps(t);
  const page = await fetch(`${url}/docs/`);
  const policy = page.headers.get("content-security-policy") ?? "";
  t.match(policy, /^default-src 'none';/);
  t.match(policy, /frame-ancestors 'none'/);
  t.notMatch(policy, /https?:|\*|unsafe-eval|script-src[^;]*unsafe-inline/);
  const html = await page.text();
  const links = [...html.matchAll(/\b(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? "");
  t.ok(links.length > 4);
  t.notMatch(html, /<script(?![^>]*src=)/, "no script of its own, which the policy would stop");
  for (const link of links) {
    const target = new URL(link, `${url}/docs/`);
    t.equal(target.origin, url, link);
    const part = await fetch(target);
    t.equal(part.status, 200, link);
    t.equal(part.headers.get("content-security-policy"), policy, link);
    const text = await part.text();
    if (link.endsWith(".css")) t.notMatch(text, /url\(\s*["']?(?:https?:)?\/\//, link);
    if (link.endsWith("initializer.js")) {
      t.notMatch(text, /https?:\/\/(?!stackoverflow\.com\/a\/)/, "no address but one in a comment");
      t.match(text, /validatorUrl: null/);
      t.match(text, /"supportedSubmitMethods":\s*\[\s*\]/);
    }
  }
  t.match(await (await fetch(`${url}/docs/json`)).json(), {
    openapi: "3.1.0",
    info: { title: "VaultProof" },
  });
});

await t.test("the description is made once, when it is asked for, and again if that failed", async (t) => {
  let asked = 0;
  const { url, errors } = await openOps(t, {
    describe: () => {
      asked++;
      return asked === 1 ? Promise.reject(new Error("canary")) : describeRoutes([]);
    },
  });
  t.equal(asked, 0);
  const failed = await fetch(`${url}/openapi.json`);
  t.equal(failed.status, 500);
  t.same(await failed.json(), { error: "Internal error" });
  t.match(errors, [{ err: { message: "canary" } }]);
  await Promise.all([fetch(`${url}/openapi.json`), fetch(`${url}/openapi.json`), fetch(`${url}/docs`)]);
  t.equal(asked, 2);
});

await t.test("metrics that cannot be read, and parts that are not ready", async (t) => {
  const { url } = await openOps(t, {
    metrics: { contentType: "text/plain", read: () => Promise.reject(new Error("broken")) },
    isStopping: () => true,
  });
  t.equal((await fetch(`${url}/metrics`)).status, 500);
  const ready = await fetch(`${url}/ready`);
  t.equal(ready.status, 503);
  t.match(await ready.json(), { status: "unavailable", checks: { database: "ok", server: "stopping" } });
});
