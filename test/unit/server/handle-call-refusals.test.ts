import t from "tap";
import { answerOf, setCallStage, type CallStage } from "../../helpers/call-stage.js";

const REPLAY = { error: "Proof already used (replay detected)" };
/** Brings back slot and owner from the copies that a test made of them. */
const RESTORE = `
  UPDATE key_slots s SET (provider, base_url, header_name, header_template, version, share1_encrypted) =
    (SELECT provider, base_url, header_name, header_template, version, share1_encrypted FROM slots k WHERE k.id = s.id);
  UPDATE developers d SET public_key = (SELECT public_key FROM owners o WHERE o.id = d.id)`;
const INVALID_PROOF = { error: "Invalid ZK proof", reason: "Proof verification failed" };

async function burntCount({ db }: CallStage): Promise<number> {
  return (
    (await db.query<{ count: number }>({ text: "SELECT count(*) AS count FROM nullifiers" })).rows[0]
      ?.count ?? -1
  );
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

void t.test("step 2 refuses what is no call, before anything is looked up", async (t) => {
  const stage = await setCallStage(t, { app: { config: { bodyLimit: 1000 } } });
  const json = JSON.stringify(await stage.makeCall({ method: "POST" }));
  const withBody = (body: string) => `${json.slice(0, -1)},"body":${body}}`;
  const cases: [string, string, number][] = [
    ["not JSON", "{", 400],
    ["an array", "[]", 400],
    ["null", "null", 400],
    ["nothing", " ", 400],
    ["nesting", `${"[".repeat(65)}${"]".repeat(65)}`, 400],
    ["nesting in a body", withBody(`${"[".repeat(64)}${"]".repeat(64)}`), 400],
    ["an unknown member", `${json.slice(0, -1)},"extra":1}`, 400],
    ["__proto__", `${json.slice(0, -1)},"__proto__":{"method":"GET"}}`, 400],
    ["a header called __proto__", `${json.slice(0, -1)},"headers":{"__proto__":"x"}}`, 400],
    ["both shares", `${json.slice(0, -1)},"share2":"AAAA"}`, 400],
    ["both bodies", withBody('1,"bodyBase64":"AAAA"'), 400],
    ["duplicate keys in a body", withBody('{"a":1,"a":2}'), 400],
    ["duplicate keys around a body", withBody('1,"method":"GET"'), 400],
    ["a number that a double does not hold", withBody("9007199254740993"), 400],
    ["a lone surrogate", withBody('"\\ud800"'), 400],
    ["base64 with spaces", `${json.slice(0, -1)},"bodyBase64":"AA AA"}`, 400],
    ["base64 for URLs", `${json.slice(0, -1)},"bodyBase64":"AA-_"}`, 400],
    ["base64 without padding", `${json.slice(0, -1)},"bodyBase64":"AAA"}`, 400],
    ["base64 with loose bits", `${json.slice(0, -1)},"bodyBase64":"AAB="}`, 400],
    ["base64 padded inside", `${json.slice(0, -1)},"bodyBase64":"AA==AAAA"}`, 400],
    ["dot segments", json.replace("/v1/models", "/v1/../x"), 400],
    ["encoded dot segments", json.replace("/v1/models", "/v1/%2e%2E/x"), 400],
    ["an absolute URL", json.replace("/v1/models", "https://evil.example/"), 400],
    ["a space in the path", json.replace("/v1/models", "/v1/a b"), 400],
    ["a method that is none", json.replace('"POST"', '"TRACE"'), 400],
    [
      "too much for the provider, base64",
      `${json.slice(0, -1)},"bodyBase64":"${base64("x".repeat(1001))}"}`,
      413,
    ],
    ["too much for the provider, JSON", withBody(`"${"x".repeat(999)}"`), 413],
    ["too much in all", withBody(`"${"x".repeat(80_000)}"`), 413],
  ];
  for (const [name, text, status] of cases) {
    const answer = await answerOf(await stage.send(text));
    t.match(
      answer,
      {
        status,
        source: "vaultproof",
        body: { error: status === 400 ? "Invalid request" : "Request too large" },
      },
      name,
    );
    if (status === 400)
      t.ok(Array.isArray((answer.body as { details?: unknown }).details), `${name}: details`);
  }
  for (const type of [
    "text/plain",
    "application/jsonp",
    "application/json-patch+json",
    "multipart/form-data",
  ]) {
    t.match(
      await answerOf(await stage.send(json, type)),
      { status: 415, body: { error: "Unsupported media type" } },
      type,
    );
  }
  t.match(await answerOf(await stage.send(json, "Application/JSON; charset=utf-8")), { status: 200 });
  t.equal(stage.statements.length, 1);
});

void t.test("step 3 refuses with the answer of a wrong proof, and no proof is verified", async (t) => {
  const stage = await setCallStage(t);
  const good = await stage.makeCall();
  const expiresAt = good.expiresAt as number;
  const cases: Record<string, Record<string, unknown>> = {
    "an unknown slot": { keySlotId: "00000000-0000-4000-8000-000000000000" },
    "no UUID": { keySlotId: "any-uuid" },
    "upper case": { keySlotId: stage.slotId.toUpperCase() },
    "another app": { appId: "other-app" },
    "an app id of strange characters": { appId: "my app" },
    "no expiry": { expiresAt: undefined },
    expired: { expiresAt: expiresAt - 125 },
    "long expired": { expiresAt: 1 },
    "too far ahead": { expiresAt: expiresAt + 200 },
    "far too far ahead": { expiresAt: Number.MAX_SAFE_INTEGER },
    "a short proof": { zkProof: "00".repeat(6463) },
    "a proof in upper case": { zkProof: `AA${"00".repeat(6463)}` },
    "a nullifier with 0x": { nullifier: `0x${"0".repeat(62)}` },
    "a nullifier ≥ p": { nullifier: "f".repeat(64) },
    "a share that is not hex": { share2_encrypted: "0xzz" },
    "a share in upper case": { share2_encrypted: String(good.share2_encrypted).replace("0x", "0X") },
    "a share that is too short": { share2_encrypted: `0x${"00".repeat(55)}` },
    "half a byte": { share2_encrypted: `${String(good.share2_encrypted)}0` },
    "a clear share that is no base64": { share2_encrypted: undefined, share2: "fake" + "!" },
    "an empty clear share": { share2_encrypted: undefined, share2: "" },
  };
  for (const [name, members] of Object.entries(cases)) {
    const answer = await answerOf(await stage.send({ ...(await stage.makeCall()), ...members }));
    t.same(answer, { status: 403, source: "vaultproof", body: INVALID_PROOF }, name);
  }
  t.equal(stage.statements.length, 0);
  await stage.db.execute("UPDATE developers SET status = 'disabled'");
  t.match(
    await answerOf(await stage.send(good)),
    { status: 403, body: INVALID_PROOF },
    "a disabled developer",
  );
});

void t.test("step 5 refuses before anything is burnt", async (t) => {
  const stage = await setCallStage(t, {
    slotRestrictions: { methods: ["GET"] },
    grantRestrictions: { paths: ["/v1/models"] },
    app: { config: { requireSealedShares: true } },
  });
  const cases: [Record<string, unknown>, number, unknown][] = [
    [{ method: "POST" }, 403, { error: "App not authorized", reason: "Method not allowed" }],
    [{ targetPath: "/v1/files" }, 403, { error: "App not authorized", reason: "Path not allowed" }],
    [
      { share2_encrypted: undefined, share2: stage.share2 },
      403,
      { error: "App not authorized", reason: "Sealed share required" },
    ],
    [
      { share2_encrypted: `0x${"00".repeat(8 + 32 + 96 + 16)}` },
      422,
      { error: "Key reconstruction failed", reason: "Unknown transport key" },
    ],
  ];
  for (const [members, status, body] of cases) {
    t.same(await answerOf(await stage.send(await stage.makeCall(members))), {
      status,
      source: "vaultproof",
      body,
    });
  }
  t.equal(await burntCount(stage), 0);
  t.equal(stage.provider.requests.length, 0);
  t.match(await answerOf(await stage.send(await stage.makeCall())), { status: 200 });
});

void t.test("a plain or private provider that is not on the lists is not authorised", async (t) => {
  const stage = await setCallStage(t, { app: { allowInsecure: [] } });
  t.match(await answerOf(await stage.send(await stage.makeCall())), {
    status: 403,
    body: { error: "App not authorized", reason: "Provider host not allowed" },
  });
  t.equal(await burntCount(stage), 0);
});

void t.test("step 6: of many equal calls at once one is made; the cap of a slot is counted", async (t) => {
  const stage = await setCallStage(t, { app: { config: { slotCallsPerMinute: 2 } } });
  const call = await stage.makeCall();
  const answers = await Promise.all(
    Array.from({ length: 20 }, async () => await answerOf(await stage.send(call))),
  );
  t.equal(answers.filter(({ status }) => status === 200).length, 1);
  t.equal(answers.filter(({ body }) => JSON.stringify(body) === JSON.stringify(REPLAY)).length, 19);
  t.equal(stage.provider.requests.length, 1);
  await (await stage.send(await stage.makeCall())).text();
  const limited = await stage.send(await stage.makeCall());
  const retryAfter = Number(limited.headers.get("retry-after"));
  t.ok(retryAfter >= 1 && retryAfter <= 60, `retry after ${retryAfter}`);
  t.match(await answerOf(limited), {
    status: 429,
    body: { error: "Too many requests", limit: 2, used: 2, reset: Number },
  });
});

void t.test(
  "step 7: a row that is not what was stored, and shares that do not belong, give no key",
  async (t) => {
    const failed = { status: 422, source: "vaultproof", body: { error: "Key reconstruction failed" } };
    const replay = { status: 403, source: "vaultproof", body: REPLAY };
    const other = "http://127.0.0.1:1";
    const rows: Record<string, string> = {
      "another base URL": `UPDATE key_slots SET base_url = '${other}'`,
      "another header": "UPDATE key_slots SET header_name = 'x-api-key'",
      "another template": "UPDATE key_slots SET header_template = 'Token {key}'",
      "another provider": "UPDATE key_slots SET provider = 'openai'",
      "another owner's key": "UPDATE developers SET public_key = decode(repeat('ab', 32), 'hex')",
      "another version": "UPDATE key_slots SET version = 2",
      "a share of noise": "UPDATE key_slots SET share1_encrypted = decode(repeat('ab', 200), 'hex')",
      "a share cut short": "UPDATE key_slots SET share1_encrypted = decode('ab', 'hex')",
    };
    const stage = await setCallStage(t);
    await stage.db.execute("CREATE TABLE slots AS TABLE key_slots; CREATE TABLE owners AS TABLE developers");
    for (const [name, statement] of Object.entries(rows)) {
      await stage.db.execute(statement);
      const call = await stage.makeCall();
      t.same(await answerOf(await stage.send(call)), failed, name);
      t.same(await answerOf(await stage.send(call)), replay, `${name}: and it is burnt`);
      await stage.db.execute(RESTORE);
    }
    const wrong = Buffer.from(stage.share2, "base64");
    wrong[5] = (wrong[5] ?? 0) ^ 1;
    for (const share2 of [wrong.toString("base64"), "AAAA", Buffer.alloc(96).toString("base64")]) {
      t.same(
        await answerOf(await stage.send(await stage.makeCall({ share2_encrypted: undefined, share2 }))),
        failed,
      );
    }
    const sealed = String((await stage.makeCall()).share2_encrypted);
    const flipped = sealed.slice(0, -1) + (sealed.endsWith("0") ? "1" : "0");
    t.same(await answerOf(await stage.send(await stage.makeCall({ share2_encrypted: flipped }))), failed);
    t.equal(stage.provider.requests.length, 0);
    t.match(
      await answerOf(
        await stage.send(await stage.makeCall({ share2_encrypted: undefined, share2: stage.share2 })),
      ),
      { status: 200 },
    );
  },
);
