import { ServerError } from "@vaultproof/server/errors";
import { capsOf } from "@vaultproof/server/proxy/call-caps";
import t from "tap";
import { answerOf, setCallStage, type CallStage } from "../../helpers/call-stage.js";

const call = (slot: unknown, grant: unknown) =>
  ({
    slot: { restrictions: slot },
    grant: { appId: "my-app", restrictions: grant },
  }) as unknown as Parameters<typeof capsOf>[0];

const text = (caps: ReturnType<typeof capsOf>) =>
  caps.map(({ name, scope, app, subject, window, limit }) =>
    [name, scope, app, subject, window, limit].join("|"),
  );

void t.test("which caps a call counts against", (t) => {
  const slot = { perMinute: 5, perMonth: 1000, identity: { perDay: 7 }, methods: ["GET"] };
  const grant = { perDay: 10, identity: { perMinute: 2, perMonth: 20 } };
  const ofSlotAndApp = [
    "perMinute|slot|||minute|5",
    "perMonth|slot|||month|1000",
    "perDay|app|my-app||day|10",
  ];
  t.same(text(capsOf(call(slot, grant), null, 0)), ofSlotAndApp, "nobody in particular");
  t.same(text(capsOf(call(slot, grant), "alice", 0)), [
    ...ofSlotAndApp,
    "perDay|subject||alice|day|7",
    "perMinute|subject|my-app|alice|minute|2",
    "perMonth|subject|my-app|alice|month|20",
  ]);
  t.same(text(capsOf(call(null, undefined), "alice", 0)), []);
  t.same(text(capsOf(call(null, {}), null, 100)), ["perMinute|slot|||minute|100"]);
  t.same(
    text(capsOf(call({ perMinute: 5 }, { perMinute: 3 }), null, 100)),
    ["perMinute|slot|||minute|5", "perMinute|app|my-app||minute|3"],
    "the operator's and the slot's count once",
  );
  t.same(text(capsOf(call({ perMinute: 500 }, null), null, 100)), ["perMinute|slot|||minute|100"]);
  t.end();
});

void t.test("a cap that cannot be read is never none", (t) => {
  for (const limit of [0, -1, 1.5, "5", null, [], {}, 2e9, true]) {
    for (const name of ["perMinute", "perDay", "perMonth"]) {
      const cases = [
        call({ [name]: limit }, null),
        call(null, { [name]: limit }),
        call({ identity: { [name]: limit } }, null),
        call(null, { identity: { [name]: limit } }),
      ];
      for (const about of cases) {
        t.throws(() => capsOf(about, "alice", 0), new ServerError("appNotAuthorized"), JSON.stringify(about));
      }
    }
  }
  t.end();
});

async function countRows({ db }: CallStage, table: string): Promise<number> {
  return (await db.query({ text: `SELECT 1 FROM ${table}` })).rowCount;
}

const SCOPES = { slotRestrictions: "key slot", grantRestrictions: "app" } as const;
const CAPS = { perMinute: 60, perDay: 86_400, perMonth: 31 * 86_400 } as const;

for (const [where, scope] of Object.entries(SCOPES)) {
  void t.test(`each cap of the ${scope}, from outside`, async (t) => {
    for (const [name, longest] of Object.entries(CAPS)) {
      const stage = await setCallStage(t, { [where]: { [name]: 2 } });
      const first = await stage.send(await stage.makeCall());
      t.equal(first.status, 200);
      t.equal(first.headers.get("vp-usage"), null, "half of it is nothing to tell");
      const second = await stage.send(await stage.makeCall());
      const usage = new RegExp(
        `^"${name}";scope=${scope === "app" ? "app" : "slot"};used=2;limit=2;reset=([0-9]+)$`,
      );
      const [, reset] = usage.exec(second.headers.get("vp-usage") ?? "") ?? [];
      const refused = await stage.send(await stage.makeCall());
      const retryAfter = Number(refused.headers.get("retry-after"));
      t.ok(retryAfter >= 1 && retryAfter <= longest, `${name}: retry after ${retryAfter}`);
      t.equal(refused.headers.get("vp-usage"), null, "the body tells it");
      t.same(await answerOf(refused), {
        status: 429,
        source: "vaultproof",
        body: {
          error: "Too many requests",
          reason: `${name} of the ${scope}`,
          limit: 2,
          used: 2,
          reset: Number(reset),
        },
      });
      t.equal(stage.provider.requests.length, 2);
      t.equal(await countRows(stage, "nullifiers"), 3, "the refused call's nullifier is used");
    }
  });
}

void t.test("usage is told from nine tenths on, of the fullest cap", async (t) => {
  const stage = await setCallStage(t, {
    slotRestrictions: { perMonth: 30 },
    grantRestrictions: { perDay: 10, origins: ["https://app.example"] },
  });
  const told: (string | undefined)[] = [];
  for (let i = 0; i < 11; i++) {
    const answer = await stage.send(await stage.makeCall(), undefined, "https://app.example");
    told.push(answer.headers.get("vp-usage")?.replace(/;reset=.*/, ""));
    // What step 5 refuses, and replays, count for nothing.
    t.equal((await stage.send(await stage.makeCall())).status, 403);
  }
  t.same(told, [
    ...Array<undefined>(8).fill(undefined),
    '"perDay";scope=app;used=9;limit=10',
    '"perDay";scope=app;used=10;limit=10',
    undefined,
  ]);
});

void t.test("a provider cannot say how far a cap is used", async (t) => {
  const stage = await setCallStage(t);
  stage.provider.respond((_, response) => {
    response.writeHead(200, {
      "vp-usage": '"perDay";scope=app;used=1;limit=1;reset=1',
      "vp-source": "vaultproof",
    });
    response.end("ok");
  });
  const answer = await stage.send(await stage.makeCall());
  t.equal(answer.headers.get("vp-usage"), null);
  t.equal(answer.headers.get("vp-source"), "upstream");
});

void t.test("origins, addresses and models refuse before anything is burnt", async (t) => {
  for (const where of Object.keys(SCOPES)) {
    const stage = await setCallStage(t, {
      [where]: {
        origins: ["https://app.example"],
        ips: ["203.0.113.0/24", "2001:db8::/32"],
        models: ["cheap", "tiny-*"],
      },
    });
    const send = async (model: string, origin?: string, clientIp = "203.0.113.9") => {
      const made = await stage.makeCall({
        ...{ method: "POST", targetPath: "/v1/chat/completions" },
        body: { model, messages: [] },
      });
      return await answerOf(await stage.send(made, undefined, origin, clientIp));
    };
    const refused = (reason: string) => ({ status: 403, body: { error: "App not authorized", reason } });
    t.match(await send("cheap"), refused("Origin not allowed"));
    t.match(await send("cheap", "https://evil.example"), refused("Origin not allowed"));
    t.match(await send("cheap", "https://app.example", "198.51.100.1"), refused("IP address not allowed"));
    t.match(await send("dear", "https://app.example"), refused("Model not allowed"));
    const read = await stage.makeCall();
    t.match(
      await answerOf(await stage.send(read, undefined, "https://app.example")),
      refused("Model not allowed"),
      "a GET names none",
    );
    t.equal(await countRows(stage, "nullifiers"), 0);
    t.equal(stage.provider.requests.length, 0);
    t.match(await send("cheap", "https://app.example"), { status: 200 });
    t.match(await send("tiny-2", "https://app.example", "2001:db8::7"), { status: 200 });
  }
});

void t.test("the provider is sent the very model that was read", async (t) => {
  const stage = await setCallStage(t, { grantRestrictions: { models: ["cheap"] } });
  const post = { method: "POST", targetPath: "/v1/chat/completions" };
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const spaced = '{ "model" : "cheap" }';
  const headers = { "content-type": "application/json" };
  const exact = await stage.makeCall({ ...post, bodyBase64: base64(spaced), headers });
  t.equal((await stage.send(exact)).status, 200);
  t.equal(String(stage.provider.requests[0]?.body), spaced);
  const refused: Record<string, unknown>[] = [
    { bodyBase64: base64('{"model":"cheap","model":"dear"}'), headers },
    { bodyBase64: base64(spaced) },
    { bodyBase64: base64(spaced), headers: { "content-type": "text/plain" } },
    { bodyBase64: base64(spaced), headers: { ...headers, "content-encoding": "gzip" } },
    { body: { model: "cheap", Model: "dear" } },
    { body: { model: "cheap" }, targetPath: "/v1/chat/completions?model=dear" },
    { body: { model: "cheap" }, targetPath: "/v1/models/dear:generate" },
  ];
  for (const members of refused) {
    t.match(
      await answerOf(await stage.send(await stage.makeCall({ ...post, ...members }))),
      { status: 403, body: { error: "App not authorized", reason: "Model not allowed" } },
      JSON.stringify(members),
    );
  }
  t.equal(stage.provider.requests.length, 1);
});
