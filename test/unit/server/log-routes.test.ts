import { randomUUID } from "node:crypto";
import { appendCallLog } from "@vaultproof/db/queries/append-call-log";
import { logHeadsSchema } from "@vaultproof/protocol/log-head";
import type { LogsAnswer } from "@vaultproof/protocol/log-routes";
import { verifyLog } from "@vaultproof/protocol/verify-log";
import t from "tap";
import { onAnyDatabase } from "../../helpers/databases.js";
import { appendCalls, loggedCall } from "../../helpers/log-stage.js";
import { plainRequest, signAsDeveloper, type TestDeveloper } from "../../helpers/signed-requests.js";
import { makeStoreRequest, randomField } from "../../helpers/store-request.js";
import { openTestApp, type TestApp } from "../../helpers/test-app.js";

async function exported(server: TestApp, developer: TestDeveloper, url: string) {
  const request = plainRequest("GET", url, {});
  const signed = await signAsDeveloper(request, { developer, server: server.identity.fingerprint });
  const { status, headers, body } = await server.sendThroughEdge(signed);
  const heads = logHeadsSchema.parse(
    JSON.parse(Buffer.from(String(headers["vp-log-head"]), "base64url").toString()),
  );
  return { status, type: headers["content-type"], csv: body.toString(), heads };
}

async function storeSlot(server: TestApp, developer: TestDeveloper): Promise<string> {
  const storageKey = server.storageKeys.current.publicKey;
  const members = { apps: [{ appId: "a", leaf: randomField() }] };
  const body = await makeStoreRequest({ developer, storageKey, members });
  await server.manage(developer, "POST", "/api/v1/keys/store", body);
  return body.keySlotId;
}

await onAnyDatabase(t, "the log's routes", async (t, open) => {
  const db = await open();
  const server = await openTestApp(t, db);
  const serverIdentity = server.identity.fingerprint;
  const developer = await server.registered();
  const slotId = await storeSlot(server, developer);
  const slot = { id: slotId, developerId: developer.keyid };
  const logs = `/api/v1/keys/${slotId}/logs`;
  const page = async (query: string) =>
    (await server.manage(developer, "GET", logs + query)).json as LogsAnswer;

  await t.test("give an empty chain with a head of its own", async (t) => {
    t.same(await page(""), { logs: [], total: 0, page: 1 });
    const { csv, heads } = await exported(server, developer, `${logs}/export`);
    t.match(verifyLog({ csv, ...heads, serverIdentity }), { ok: true, rows: 0 });
  });

  await appendCalls(db, slot, ["/1", "/2", "/3", "/4", "/5"]);
  await appendCallLog(db, [loggedCall(slot, { endpoint: "/6", subject: "=SUM(1)" })]);

  await t.test("list the newest first, page by page", async (t) => {
    const first = await page("?limit=4");
    t.match(first, { total: 6, page: 1 });
    t.same(
      first.logs.map(({ endpoint, seq }) => `${endpoint} ${seq}`),
      ["/6 6", "/5 5", "/4 4", "/3 3"],
    );
    t.match(first.logs[0], {
      subject: "=SUM(1)",
      keySlotId: slotId,
      count: 1,
      statusCode: 200,
      appId: "my-app",
    });
    t.same(
      (await page("?page=2&limit=4")).logs.map(({ endpoint }) => endpoint),
      ["/2", "/1"],
    );
    t.same(await page("?page=3&limit=4"), { logs: [], total: 6, page: 3 });
    t.match(await page("?page=1000000000&limit=200"), { logs: [], total: 6 });
  });

  await t.test("refuse what is no page", async (t) => {
    for (const query of [
      ..."page=0 page=-1 page=1.5 page=01 page=a page= page=1&page=2 limit=0 limit=201 limit=1e2".split(" "),
      ..."page=99999999999999999 after=1 page=1%00 limit=%32".split(" "),
    ]) {
      if (query === "limit=%32") continue;
      const { status } = await server.manage(developer, "GET", `${logs}?${query}`);
      t.equal(status, 400, query);
    }
    for (const query of ["after=-1", "limit=10001", "limit=0", "after=x", "page=1"]) {
      t.equal((await server.manage(developer, "GET", `${logs}/export?${query}`)).status, 400, query);
    }
  });

  await t.test("export a chain that verifies, whole or in parts", async (t) => {
    const { status, type, csv, heads } = await exported(server, developer, `${logs}/export`);
    t.equal(status, 200);
    t.equal(type, "text/csv; charset=utf-8");
    t.same(verifyLog({ csv, ...heads, serverIdentity }), { ok: true, rows: 6, from: 1, to: 6 });
    t.match(csv, ",'=SUM(1),");
    const part = await exported(server, developer, `${logs}/export?after=2&limit=3`);
    t.equal(part.csv.split("\r\n").length, 5, "a header line and three rows");
    t.match(part.heads.head, { seq: 6 });
  });

  await t.test("know nobody else's slot", async (t) => {
    const stranger = await server.registered();
    for (const url of [logs, `${logs}/export`]) {
      const foreign = await server.manage(stranger, "GET", url);
      const missing = await server.manage(stranger, "GET", url.replace(slotId, randomUUID()));
      t.same(foreign, { status: 404, json: { error: "Not found" } }, url);
      t.same(foreign, missing);
    }
    const unsigned = await server.sendThroughEdge(plainRequest("GET", logs, {}));
    t.equal(unsigned.status, 401);
  });
});

await onAnyDatabase(t, "what a developer manages", async (t, open) => {
  const db = await open();
  const server = await openTestApp(t, db);
  const developer = await server.registered();
  const slotId = await storeSlot(server, developer);
  const post = (url: string, body?: unknown) => server.manage(developer, "POST", `/api/v1/keys/${url}`, body);
  await post(`${slotId}/grant`, { appId: "b", leaf: randomField() });
  await post(`${slotId}/revoke-app`, { appId: "nobody" });
  await post(`${slotId}/revoke-app`, { appId: "b" });
  await post(`${slotId}/grant`, { appId: "b", leaf: "no leaf" });
  await post(`revoke/${randomUUID()}`);
  await post(`revoke/${slotId}`);
  await post(`revoke/${slotId}`);
  await server.manage(developer, "GET", "/api/v1/keys/list");
  const publicKey = Buffer.from(developer.identity.publicKey).toString("base64url");
  await server.manage(developer, "POST", "/api/v1/developers", { publicKey });

  const { json } = await server.manage(developer, "GET", "/api/v1/developers/logs");
  const { logs } = json as LogsAnswer;
  t.same(
    logs.map(({ endpoint, statusCode, outcome, keySlotId, appId }) =>
      [endpoint?.split("/").at(-1)?.slice(0, 10), statusCode, outcome, keySlotId === slotId, appId].join(" "),
    ),
    [
      "developers 200 repeated false ",
      `${slotId.slice(0, 10)} 200 repeated true `,
      `${slotId.slice(0, 10)} 200 revoked true `,
      `${logs[3]?.keySlotId?.slice(0, 10)} 404 notFound false `,
      "grant 400 invalidRequest true b",
      "revoke-app 200 revoked true b",
      "revoke-app 404 notFound true nobody",
      "grant 201 granted true b",
      "store 201 stored true ",
      "developers 201 registered false ",
    ],
  );
  t.ok(logs.every(({ latencyMs }) => latencyMs !== null && latencyMs < 60_000));
  const { csv, heads } = await exported(server, developer, "/api/v1/developers/logs/export");
  t.match(verifyLog({ csv, ...heads, serverIdentity: server.identity.fingerprint }), { ok: true, rows: 10 });

  await t.test("is not there where the change is not", async (t) => {
    await db.execute("ALTER TABLE call_log_inbox ADD CONSTRAINT no_grants CHECK (outcome <> 'granted')");
    const id = await storeSlot(server, developer);
    const granted = await post(`${id}/grant`, { appId: "c", leaf: randomField() });
    t.equal(granted.status, 500);
    const { rows } = await db.query({ text: "SELECT 1 FROM app_grants WHERE app_id = 'c'" });
    t.same(rows, [], "what cannot be written down is not done");
    await db.execute("ALTER TABLE call_log_inbox DROP CONSTRAINT no_grants");
  });
});
