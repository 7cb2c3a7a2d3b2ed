import t, { type Test } from "tap";
import { pathAnswerSchema } from "@vaultproof/protocol/app-path-route";
import { callSchema, shapeDetails } from "@vaultproof/protocol/call";
import {
  grantSchema,
  registerSchema,
  revokeAppSchema,
  storeSchema,
} from "@vaultproof/protocol/developer-routes";
import { FIELD_MODULUS, fieldToHex } from "@vaultproof/protocol/field";
import { restrictionsSchema } from "@vaultproof/protocol/restrictions";

/** That of RFC 8037, appendix A.2. */
const ED25519_JWK = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };

type Members = Record<string, unknown>;
interface Schema {
  safeParse(value: unknown): { success: boolean; error?: Parameters<typeof shapeDetails>[0] | undefined };
}

const call = {
  keySlotId: "3f2b8c1e-5d47-4a90-8b6c-0e1f2a3b4c5d",
  share2_encrypted: "0x00",
  zkProof: "00",
  nullifier: "00",
  appId: "my-app",
  targetPath: "/v1/chat/completions?a=b",
  method: "POST",
  expiresAt: 1790000000,
  headers: { accept: "text/event-stream", "x-a_b~c!": "tab\tand caf\u00e9" },
  bodyBase64: "e30=",
  auth: { identityToken: "a.b.c", idSignature: "d", accessToken: "e.f.g" },
};
const leaf = fieldToHex(FIELD_MODULUS - 1n);
const store = {
  keySlotId: call.keySlotId,
  share1_encrypted: `0x${"ab".repeat(57)}`,
  vaultCommitment: leaf,
  provider: "custom",
  baseUrl: "https://api.example.com",
  authHeader: { name: "x-api-key", template: "{key}" },
  label: "a label \u2603",
  apps: [{ appId: "my-app", leaf, restrictions: { methods: ["GET"] } }],
  restrictions: { paths: ["/v1/*"], mode: "read-only", perMinute: 5 },
};

/** Values that are wrong for any member of a type: other types, and too much of its own. */
const wrongFor: Record<string, readonly unknown[]> = {
  string: [null, 1, true, [], {}, ["a"], { toString: "a" }, "a".repeat(1_000_000)],
  number: [null, "1", true, [], {}, -1, 1.5, 1e300, 2 ** 53],
  object: [null, "{}", 1, true, [], [{}], { unknown: 1 }],
  array: [null, "[]", 1, true, {}, { 0: "a", length: 1 }, [null], [[]], new Array(100_000).fill("a")],
};

/** Fails unless each required member is needed, each wrong value refused and anything unknown refused. */
function strict(
  t: Test,
  { schema, good, required }: { schema: Schema; good: Members; required: string[] },
): void {
  const accepts = (value: unknown): boolean => schema.safeParse(value).success;
  t.ok(accepts(good), "as documented");
  for (const [name, value] of Object.entries(good)) {
    const rest = Object.fromEntries(Object.entries(good).filter(([other]) => other !== name));
    t.equal(accepts(rest), !required.includes(name), `without ${name}`);
    const type = Array.isArray(value) ? "array" : typeof value;
    for (const wrong of wrongFor[type] ?? []) {
      t.notOk(accepts({ ...good, [name]: wrong }), `${name}: ${JSON.stringify(wrong).slice(0, 40)}`);
    }
  }
  for (const name of ["unknown", "__proto__", "constructor", "toString", ""]) {
    const text = JSON.stringify(good).replace("{", `{${JSON.stringify(name)}:{"a":1},`);
    t.notOk(accepts(JSON.parse(text)), `an unknown member ${JSON.stringify(name)}`);
  }
  for (const value of [null, undefined, [], [good], "", 1, JSON.stringify(good)]) t.notOk(accepts(value));
}

const without = (name: keyof typeof call, instead: Members): Members => ({
  ...Object.fromEntries(Object.entries(call).filter(([other]) => other !== name)),
  ...instead,
});

void t.test("a call: every member", (t) => {
  const required = ["keySlotId", "share2_encrypted", "zkProof", "nullifier", "appId", "targetPath", "method"];
  // bodyBase64 is bounded by the body limit, which the schema does not know.
  const { bodyBase64, ...good } = call;
  strict(t, { schema: callSchema, good, required });
  for (const wrong of [null, 1, {}, []])
    t.notOk(callSchema.safeParse({ ...call, bodyBase64: wrong }).success);
  t.ok(callSchema.safeParse({ ...good, bodyBase64 }).success);
  t.end();
});

void t.test("the sceptic's curl has the right shape: its refusal is that of the proof", (t) => {
  const sent =
    '{"keySlotId":"any-uuid","share2":"fake","zkProof":"fake-proof","nullifier":"fake","appId":"test","targetPath":"/v1/models","method":"GET"}';
  const parsed = callSchema.safeParse(JSON.parse(sent));
  t.ok(parsed.success);
  t.strictSame(parsed.data, JSON.parse(sent), "nothing is added, dropped or changed");
  t.end();
});

void t.test("a call: exactly one share and at most one body", (t) => {
  const accepts = (value: unknown): boolean => callSchema.safeParse(value).success;
  t.ok(accepts(without("share2_encrypted", { share2: "AA==" })));
  t.notOk(accepts({ ...call, share2: "AA==" }));
  t.notOk(accepts(without("share2_encrypted", {})));
  for (const body of [null, 0, "", false, {}, [], { __proto__: null }]) {
    t.ok(accepts(without("bodyBase64", { body })), `a body of ${JSON.stringify(body)}`);
    t.notOk(accepts({ ...call, body }), "both bodies");
  }
  const poisoned = JSON.parse(
    JSON.stringify(without("bodyBase64", {})).replace("{", '{"body":{"__proto__":1},'),
  ) as Members;
  t.equal(JSON.stringify(callSchema.parse(poisoned).body), '{"__proto__":1}', "a body passes as it is");
  t.end();
});

void t.test("a call: paths, methods and headers", (t) => {
  const accepts = (members: Members): boolean => callSchema.safeParse({ ...call, ...members }).success;
  for (const targetPath of [
    "",
    "v1",
    "https://a/b",
    "/a b",
    "/a\n",
    "/a\r\nb: c",
    "/\u00e9",
    "/a\u0000",
    `/${"a".repeat(8192)}`,
  ]) {
    t.notOk(accepts({ targetPath }), JSON.stringify(targetPath.slice(0, 20)));
  }
  for (const method of ["get", "CONNECT", "TRACE", "OPTIONS", "", "GET "])
    t.notOk(accepts({ method }), method);
  const headers: Members[] = [
    { Accept: "a" },
    { "": "a" },
    { "a b": "a" },
    { "a:b": "a" },
    { "a\n": "a" },
    { a: "b\r\nc: d" },
    { a: "b\u0000" },
    { a: "\u0100" },
    { a: 1 },
    { a: ["b"] },
    { a: null },
    { a: "b".repeat(8193) },
    JSON.parse('{"__proto__":"a"}') as Members,
    Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`h${i}`, "a"])),
  ];
  for (const value of headers) t.notOk(accepts({ headers: value }), JSON.stringify(value).slice(0, 40));
  t.ok(accepts({ headers: Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`h${i}`, "a"])) }));
  t.ok(accepts({ headers: { constructor: "a" } }));
  t.ok(accepts({ headers: {} }));
  t.end();
});

void t.test("details name members, never values, and stay short", (t) => {
  const secret = "sk-a-secret-that-was-pasted";
  for (const name of Object.keys(call)) {
    for (const value of [[secret], { [name]: secret }, null]) {
      const { error } = callSchema.safeParse({ ...call, [name]: value, share2: secret });
      if (error) t.notMatch(shapeDetails(error).join(), secret);
    }
  }
  const flood = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`${i}${"x".repeat(500)}`, 1]));
  for (const value of [flood, { ...call, headers: flood }, { ...call, ["y".repeat(1_000_000)]: 1 }]) {
    const { error } = callSchema.safeParse(value);
    if (!error) throw new Error("accepted");
    const details = shapeDetails(error);
    t.ok(details.length >= 1 && details.length <= 16);
    t.ok(details.every((detail) => detail.length <= 260));
  }
  const missing = callSchema.safeParse({});
  t.ok(missing.error && shapeDetails(missing.error).some((detail) => detail.startsWith("keySlotId: ")));
  t.end();
});

void t.test("a store: every member", (t) => {
  const required = ["keySlotId", "share1_encrypted", "vaultCommitment", "provider", "label", "apps"];
  strict(t, { schema: storeSchema, good: store, required });
  const accepts = (members: Members): boolean => storeSchema.safeParse({ ...store, ...members }).success;
  const refused: Members[] = [
    { keySlotId: store.keySlotId.toUpperCase() },
    { keySlotId: "3f2b8c1e-5d47-1a90-8b6c-0e1f2a3b4c5d" },
    { keySlotId: `${store.keySlotId}\n` },
    { share1_encrypted: "ab".repeat(57) },
    { share1_encrypted: `0x${"ab".repeat(56)}` },
    { share1_encrypted: `0x${"AB".repeat(57)}` },
    { share1_encrypted: `0x${"ab".repeat(57)}a` },
    { vaultCommitment: fieldToHex(1n).replace("1", "g") },
    { vaultCommitment: FIELD_MODULUS.toString(16) },
    { vaultCommitment: leaf.toUpperCase() },
    { vaultCommitment: `0x${leaf.slice(2)}` },
    { provider: "constructor" },
    { provider: "OpenAI" },
    { label: "" },
    { label: "a\u0000" },
    { label: "a\nb" },
    { apps: [{ appId: "a", leaf: fieldToHex(0n) }] },
    { apps: [{ appId: "a", leaf: FIELD_MODULUS.toString(16) }] },
    { apps: [{ appId: "", leaf }] },
    { apps: [{ appId: "a b", leaf }] },
    { apps: [{ appId: "a".repeat(129), leaf }] },
    { apps: [{ appId: "a", leaf, unknown: 1 }] },
    { apps: ["a", "a"].map((appId) => ({ appId, leaf })) },
    { authHeader: { name: "a" } },
    { authHeader: { name: "a", template: "{key}", surplus: 1 } },
  ];
  for (const members of refused) t.notOk(accepts(members), JSON.stringify(members).slice(0, 80));
  const apps = (count: number) => Array.from({ length: count }, (_, i) => ({ appId: `app-${i}`, leaf }));
  t.ok(accepts({ apps: [] }));
  t.ok(accepts({ apps: apps(1024) }));
  t.notOk(accepts({ apps: apps(1025) }));
  t.end();
});

void t.test("the other developer requests: every member", (t) => {
  const app = { appId: "my-app", leaf, restrictions: { sealedOnly: true } };
  strict(t, { schema: grantSchema, good: app, required: ["appId", "leaf"] });
  strict(t, { schema: revokeAppSchema, good: { appId: "my-app" }, required: ["appId"] });
  const developer = { publicKey: "A".repeat(43), label: "me" };
  strict(t, { schema: registerSchema, good: developer, required: ["publicKey"] });
  for (const publicKey of ["A".repeat(42), "A".repeat(44), `${"A".repeat(42)}=`, `${"A".repeat(42)}+`]) {
    t.notOk(registerSchema.safeParse({ ...developer, publicKey }).success, publicKey);
  }
  t.end();
});

void t.test("restrictions: every member of the protocol, and no other", (t) => {
  const good = {
    origins: ["https://app.example.com"],
    ips: ["203.0.113.0/24"],
    methods: ["GET", "POST"],
    mode: "read-only",
    paths: ["/v1/chat/*"],
    models: ["gpt-*"],
    notAfter: 1790000000,
    perMinute: 1,
    perDay: 2,
    perMonth: 3,
    maxBody: 4,
    sealedOnly: true,
    identity: { accept: ["idSignature"], keys: [{ version: "1", jwk: ED25519_JWK }] },
  };
  const names = ["sessions", ...Object.keys(good)].sort();
  t.strictSame(Object.keys(restrictionsSchema.shape).sort(), names);
  strict(t, { schema: restrictionsSchema, good, required: [] });
  t.ok(restrictionsSchema.safeParse({ sessions: {} }).success);
  for (const wrong of [null, "x", 1, []]) {
    t.notOk(restrictionsSchema.safeParse({ sessions: wrong }).success);
  }
  for (const members of [
    { methods: [] },
    { methods: ["get"] },
    { paths: [] },
    { paths: ["v1"] },
    { paths: ["/a b"] },
    { origins: [] },
    { origins: [""] },
    { perMinute: 0 },
    { notAfter: 0 },
    { mode: "write" },
    { sealedOnly: 1 },
  ]) {
    t.notOk(restrictionsSchema.safeParse(members).success, JSON.stringify(members));
  }
  t.end();
});

void t.test("the path answer is read strictly: its fields are canonical", (t) => {
  const answer = { index: 3, siblings: new Array<string>(10).fill(leaf), appRoot: leaf };
  t.ok(pathAnswerSchema.safeParse(answer).success);
  for (const members of [
    { index: 1024 },
    { index: -1 },
    { index: 0.5 },
    { siblings: answer.siblings.slice(1) },
    { siblings: [...answer.siblings, leaf] },
    { siblings: answer.siblings.with(4, FIELD_MODULUS.toString(16)) },
    { appRoot: leaf.toUpperCase() },
    { appRoot: undefined },
  ]) {
    t.notOk(
      pathAnswerSchema.safeParse({ ...answer, ...members }).success,
      JSON.stringify(members).slice(0, 40),
    );
  }
  t.end();
});
