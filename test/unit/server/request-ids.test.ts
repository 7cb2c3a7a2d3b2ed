import { connect } from "node:net";
import { once } from "node:events";
import t from "tap";
import { openAnyDatabase } from "../../helpers/any-database.js";
import { setCallStage } from "../../helpers/call-stage.js";
import { makeEdge, plainRequest, signAsEdge } from "../../helpers/signed-requests.js";
import { openTestApp } from "../../helpers/test-app.js";

const GIVEN = "6f1c7b1e-6a55-4c8e-9d43-0a5b8f8d2c11";
const V7 = "01938c1e-0000-7000-8000-000000000000";
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const db = await openAnyDatabase(t);

await t.test("the edge's id is the request's, in the answer and in the log", async (t) => {
  const server = await openTestApp(t, db);
  for (const id of [GIVEN, V7]) {
    const request = plainRequest("GET", "/internal/health", { headers: { "vp-request-id": id } });
    const answer = await server.sendThroughEdge(request);
    t.equal(answer.headers["vp-request-id"], id);
    t.match(server.log.at(-1), `"requestId":"${id}"`);
    t.match(server.log.at(-1), '"msg":"answered"');
  }
});

await t.test("what is no id is not repeated anywhere", async (t) => {
  const server = await openTestApp(t, db);
  for (const id of [
    "canary",
    GIVEN.toUpperCase(),
    `${GIVEN}canary`,
    `${GIVEN}, ${GIVEN}`,
    `${GIVEN}\tcanary`,
    "6f1c7b1e-6a55-1c8e-9d43-0a5b8f8d2c11",
    "",
  ]) {
    const request = plainRequest("GET", "/internal/health", { headers: { "vp-request-id": id } });
    const answer = await server.sendThroughEdge(request);
    t.match(answer.headers["vp-request-id"], ID, id);
  }
  t.notMatch(server.log.join(""), /canary|1c8e-9d43/);
});

await t.test("every answer has one: refusals, unknown paths, unreadable ones, and failures", async (t) => {
  const failing = { ...db, query: () => Promise.reject(new Error("the cause")) };
  const server = await openTestApp(t, db, { overrides: { db: failing } });
  const headers = { "vp-request-id": GIVEN };
  for (const [url, status] of [
    ["/no/such/path", 404],
    ["/%zz", 403],
    ["/api/v1/keys/list", 401],
    [`/api/v1/keys/${GIVEN}/path?leaf=${"01".repeat(32)}`, 500],
  ] as const) {
    const answer = await server.sendThroughEdge(plainRequest("GET", url, { headers }));
    t.equal(answer.status, status, url);
    t.equal(answer.headers["vp-request-id"], GIVEN, url);
    if (status === 500) t.same(answer.json, { error: "Internal error", requestId: GIVEN });
  }
  const cause = server.log.find((line) => line.includes("the cause"));
  t.match(cause, `"requestId":"${GIVEN}"`, "the operator finds the cause by it");
  const forged = await server.send(
    await signAsEdge(plainRequest("GET", "/internal/health", { headers }), { edge: makeEdge() }),
  );
  t.equal(forged.status, 403);
  t.equal(forged.headers["vp-request-id"], GIVEN);
});

await t.test("bytes that are no request are answered with an id as well", async (t) => {
  const { app } = await openTestApp(t, db);
  const url = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
  const socket = connect(Number(url.port), url.hostname);
  socket.end("no request\r\n\r\n");
  const [data] = (await once(socket, "data")) as [Buffer];
  t.match(data.toString(), /\r\nVp-Request-Id: [0-9a-f-]{36}\r\n/);
});

await t.test("a provider cannot put its own id into an answer, nor is it told ours", async (t) => {
  const stage = await setCallStage(t);
  stage.provider.respond((_, response) => {
    response.writeHead(200, { "vp-request-id": GIVEN, "content-type": "text/plain" }).end("ok");
  });
  const answer = await stage.send(await stage.makeCall());
  t.equal(await answer.text(), "ok");
  const id = answer.headers.get("vp-request-id") ?? "";
  t.match(id, ID);
  t.not(id, GIVEN);
  t.notMatch(JSON.stringify(stage.provider.requests.map(({ headers }) => headers)), id);
});
