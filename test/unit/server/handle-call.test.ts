import t from "tap";
import { answerOf, setCallStage, STAGE_KEY } from "../../helpers/call-stage.js";

const REPLAY = { error: "Proof already used (replay detected)" };
const base64 = (text: string): string => Buffer.from(text).toString("base64");

void t.test("a call goes to the provider once, with the key, and its answer comes back", async (t) => {
  const stage = await setCallStage(t);
  const call = await stage.makeCall({ headers: { accept: "application/json", "x-other": "1" } });
  const response = await stage.send(call);
  t.match(await answerOf(response), { status: 200, source: "upstream", body: { object: "list" } });
  t.match(stage.provider.requests, [{ method: "GET", url: "/v1/models", authorised: true }]);
  t.same(await answerOf(await stage.send(call)), { status: 403, source: "vaultproof", body: REPLAY });
  t.equal(stage.provider.requests.length, 1);
  t.equal(stage.statements.length, 1, "a replay is not verified again");
  const [statement] = stage.statements;
  t.equal(statement?.proof.length, 6464);
  t.equal(statement?.publicInputs.length, 5);
  t.equal(statement?.queueKey, call.keySlotId, "it waits in the turn of its slot");
  t.equal(Buffer.from(statement?.publicInputs[3] ?? []).toString("hex"), call.nullifier);
  t.notOk(stage.log.join("").includes(STAGE_KEY));
});

void t.test("each form of body arrives as the bytes that were proved over", async (t) => {
  const stage = await setCallStage(t);
  const bodies: [Record<string, unknown>, string, string | undefined][] = [
    [{ bodyBase64: base64("\u0000raw\r\n") }, "\u0000raw\r\n", undefined],
    [{ bodyBase64: "" }, "", undefined],
    [
      { body: { b: 1.5, a: ["\u20ac", null, { d: false, c: "\n" }] } },
      '{"a":["\u20ac",null,{"c":"\\n","d":false}],"b":1.5}',
      "application/json",
    ],
    [{ body: null }, "null", "application/json"],
    [{ body: "text", headers: { "content-type": "text/plain" } }, '"text"', "text/plain"],
    [{}, "", undefined],
  ];
  for (const [members, arrived, contentType] of bodies) {
    const answer = await answerOf(
      await stage.send(await stage.makeCall({ method: "POST", targetPath: "/echo", ...members })),
    );
    t.equal(answer.status, 200, JSON.stringify(members));
    const request = stage.provider.requests.at(-1);
    t.equal(request?.body.toString(), arrived);
    t.equal(request?.headers["content-type"], contentType);
  }
});

void t.test("what a proof is over changes with every member of the call", async (t) => {
  const stage = await setCallStage(t);
  const call = await stage.makeCall({
    method: "POST",
    headers: { accept: "a" },
    auth: { identityToken: "t" },
    body: { a: 1 },
  });
  const inputsOf = async (members: Record<string, unknown>): Promise<string> => {
    const sent = Object.fromEntries(
      Object.entries({ ...call, ...members }).filter(([, value]) => value !== undefined),
    );
    await (await stage.send({ ...sent, nullifier: (await stage.makeCall()).nullifier })).text();
    return Buffer.from(stage.statements.at(-1)?.publicInputs[4] ?? []).toString("hex");
  };
  const seen = new Map([[await inputsOf({}), "as it was"]]);
  t.ok(
    seen.has(await inputsOf({ body: { a: 1.0 }, headers: { accept: "a" } })),
    "another spelling is the same call",
  );
  const clear = { share2_encrypted: undefined, share2: stage.share2 };
  const changes: Record<string, unknown>[] = [
    ...[
      { method: "PUT" },
      { targetPath: "/v1/models?x" },
      { expiresAt: (call.expiresAt as number) + 1 },
      clear,
    ],
    ...[
      { headers: { accept: "b" } },
      { headers: {} },
      { body: { a: 2 } },
      { body: undefined },
      { auth: undefined },
    ],
    ...[
      { body: undefined, bodyBase64: base64('{"a":1}') },
      { body: undefined, bodyBase64: "" },
      { auth: {} },
    ],
    ...[{ share2_encrypted: (await stage.makeCall()).share2_encrypted }],
  ];
  for (const members of changes) {
    const hash = await inputsOf(members);
    t.notOk(seen.has(hash), JSON.stringify(members).slice(0, 80));
    seen.set(hash, "");
  }
});

void t.test("step 8: what the provider says passes, and that it says nothing is told", async (t) => {
  const stage = await setCallStage(t);
  stage.provider.respond((_request, response) => {
    response.writeHead(429, {
      "content-type": "text/plain",
      "retry-after": "7",
      "set-cookie": "a=b",
      location: "/",
    });
    response.end("slow down");
  });
  const limited = await stage.send(await stage.makeCall());
  t.same(
    [limited.headers.get("retry-after"), limited.headers.get("set-cookie"), limited.headers.get("location")],
    ["7", null, null],
  );
  t.same(await answerOf(limited), { status: 429, source: "upstream", body: "slow down" });
  stage.provider.respond((_request, response) => void response.writeHead(204).end());
  t.same(await answerOf(await stage.send(await stage.makeCall())), {
    status: 204,
    source: "upstream",
    body: "",
  });
  stage.provider.respond(undefined);
  t.same(await answerOf(await stage.send(await stage.makeCall({ method: "HEAD" }))), {
    status: 200,
    source: "upstream",
    body: "",
  });
  stage.provider.respond((_request, response) => void response.socket?.destroy());
  t.same(await answerOf(await stage.send(await stage.makeCall())), {
    status: 502,
    source: "vaultproof",
    body: { error: "Upstream request failed", reason: "Connection closed" },
  });
  stage.provider.respond(() => undefined);
  t.same(await answerOf(await stage.send(await stage.makeCall())), {
    status: 504,
    source: "vaultproof",
    body: { error: "Upstream request failed", reason: "No answer in time" },
  });
});

void t.test(
  "step 10: calls whose proof held are written down, without a query, a body or a secret",
  async (t) => {
    const stage = await setCallStage(t, { grantRestrictions: { methods: ["GET", "POST"] } });
    const call = await stage.makeCall({ targetPath: "/v1/models?secret=query" });
    await (await stage.send(call)).text();
    await (await stage.send(await stage.makeCall({ method: "DELETE" }))).text();
    await (await stage.send({ ...(await stage.makeCall()), appId: "other" })).text();
    stage.provider.respond((_request, response) => {
      response.writeHead(200).write("first");
      setImmediate(() => response.destroy());
    });
    await t.rejects((await stage.send(await stage.makeCall())).text());
    await stage.app.close();
    const { rows } = await stage.db.query<Record<string, unknown>>({
      text: "SELECT * FROM call_log WHERE method IS NOT NULL ORDER BY seq",
    });
    const logged = { slot_id: stage.slotId, app_id: "my-app", endpoint: "/v1/models" };
    t.match(rows, [
      {
        ...logged,
        method: "GET",
        status_code: 200,
        outcome: "answered",
        nullifier: new Uint8Array(Buffer.from(String(call.nullifier), "hex")),
      },
      { ...logged, method: "DELETE", status_code: 403, outcome: "appNotAuthorized" },
      { ...logged, method: "GET", status_code: 200, outcome: "interrupted" },
    ]);
    t.equal(rows.length, 3);
    t.notOk(JSON.stringify(rows).includes("query"));
  },
);

void t.test("a caller that goes away ends the call at the provider", async (t) => {
  const stage = await setCallStage(t);
  let gone = (): void => undefined;
  const ended = new Promise<void>((resolve) => (gone = resolve));
  let began = (): void => undefined;
  const arrived = new Promise<void>((resolve) => (began = resolve));
  stage.provider.respond((_request, response) => {
    response.once("close", gone);
    response.writeHead(200).write("first");
    began();
  });
  const response = await stage.send(await stage.makeCall());
  await arrived;
  await response.body?.cancel();
  await ended;
  t.pass("the provider's connection was closed");
});
