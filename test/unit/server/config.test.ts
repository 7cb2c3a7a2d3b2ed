import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import t from "tap";
import { ConfigError, findMisspelt, readConfig } from "@vaultproof/server/config";

const secret = () => randomBytes(32).toString("base64");
const REQUIRED = {
  SERVER_ENCRYPTION_KEY: secret(),
  SERVER_IDENTITY_KEY: secret(),
  EDGE_SECRETS: `one:${secret()}`,
};

function problemsOf(env: Record<string, string | undefined>): string {
  try {
    readConfig(env);
    return "";
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

await t.test("defaults are those of the architecture", (t) => {
  const { listen, ops, database, slotCallsPerMinute, bodyLimit, registration, ...config } =
    readConfig(REQUIRED);
  t.same(listen, { host: "127.0.0.1", port: 8788 });
  t.same(ops, { host: "127.0.0.1", port: 8789 });
  t.same(database, { dataDir: ".vaultproof" });
  t.same(
    { slotCallsPerMinute, bodyLimit, registration },
    { slotCallsPerMinute: 100, bodyLimit: 10 * 2 ** 20, registration: "open" },
  );
  t.same(config.slotsPerDeveloper, 1000);
  t.same(config.developerRequestsPerMinute, 600);
  t.same(config.upstream.allowPrivate, []);
  t.same(config.upstream.allowInsecure, []);
  t.equal(config.requireSealedShares, false);
  t.equal(config.logLevel, "info");
  t.end();
});

await t.test("where spans go", (t) => {
  const tracingOf = (env: Record<string, string>) => readConfig({ ...REQUIRED, ...env }).tracing;
  t.equal(tracingOf({ OTEL_SERVICE_NAME: "vault" }), undefined, "nowhere unless told");
  for (const base of ["http://collector:4318", "http://collector:4318/"]) {
    const { url } = tracingOf({ OTEL_EXPORTER_OTLP_ENDPOINT: base }) ?? {};
    t.equal(url, "http://collector:4318/v1/traces");
  }
  const tracing = tracingOf({
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318",
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://traces.example/take",
    OTEL_EXPORTER_OTLP_HEADERS: "X-Key=canary%20value, other = b=c",
  });
  t.match(tracing, { url: "https://traces.example/take", serviceName: "vaultproof" });
  t.same(JSON.parse(Buffer.from(tracing?.headers?.reveal() ?? []).toString()), {
    "x-key": "canary value",
    other: "b=c",
  });
  t.notMatch(inspect(tracing) + JSON.stringify(tracing), "canary");
  t.end();
});

await t.test("an empty variable is an absent one", (t) => {
  t.same(readConfig({ ...REQUIRED, DATABASE_URL: "", OPS_PORT: " " }).database, { dataDir: ".vaultproof" });
  t.end();
});

await t.test("production takes nothing for granted", (t) => {
  const problems = problemsOf({ NODE_ENV: "production" });
  for (const name of ["DATABASE_URL", ...Object.keys(REQUIRED)])
    t.match(problems, new RegExp(`${name} is required`));
  const config = readConfig({ ...REQUIRED, NODE_ENV: "production", DATABASE_URL: "postgres://u:p@h/d" });
  t.equal(config.requireSealedShares, true);
  t.equal(config.production, true);
  t.end();
});

await t.test("values are read", (t) => {
  const config = readConfig({
    ...REQUIRED,
    DATABASE_URL: "postgresql://user:pass@db.example:5432/vault?sslmode=require",
    SERVER_ENCRYPTION_KEYS_OLD: `${secret()}, ${secret()}`,
    EDGE_SECRETS: `one:${secret()},two:${randomBytes(48).toString("base64")}`,
    SERVER_HOST: "::",
    SERVER_PORT: "0",
    UPSTREAM_ALLOW_PRIVATE: "Localhost, 10.0.0.0/8,[::1]:8080,fd00::/8,db.internal:5432,::1",
    UPSTREAM_ALLOW_INSECURE: "127.0.0.1:9000",
    UPSTREAM_TOTAL_TIMEOUT: "30",
    REQUIRE_SEALED_SHARES: "on",
    LOG_LEVEL: "trace",
    REGISTRATION: "closed",
  });
  t.equal(config.encryptionKeysOld.length, 2);
  t.same(
    config.edgeSecrets.map(({ id }) => id),
    ["one", "two"],
  );
  t.same(config.listen, { host: "::", port: 0 });
  t.same(config.upstream.allowPrivate, [
    "localhost",
    "10.0.0.0/8",
    "[::1]:8080",
    "fd00::/8",
    "db.internal:5432",
    "::1",
  ]);
  t.equal(config.upstream.timeouts.total, 30_000);
  t.match(config, { requireSealedShares: true, logLevel: "trace", registration: "closed" });
  t.end();
});

const short = randomBytes(31).toString("base64");
const wrong: [name: string, value: string, says: RegExp][] = [
  ["DATABASE_URL", "mysql://u:hunter2@h/d", /postgres:\/\//],
  ["DATABASE_URL", "postgres://u:hunter2@[/d", /postgres:\/\//],
  ["SERVER_ENCRYPTION_KEY", short, /base64 of exactly 32 bytes/],
  ["SERVER_ENCRYPTION_KEY", "not base64 at all", /base64 of exactly 32 bytes/],
  ["SERVER_ENCRYPTION_KEY", "ab".repeat(32), /base64 of exactly 32 bytes/],
  ["SERVER_ENCRYPTION_KEYS_OLD", `${secret()},${short}`, /list of base64 values/],
  ["SERVER_IDENTITY_KEY", short, /base64 of exactly 32 bytes/],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "collector-canary:4318", /http or https URL/],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:canary@collector:4318", /without credentials/],
  ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "file:///tmp/spans", /http or https URL/],
  ["OTEL_EXPORTER_OTLP_HEADERS", "no header", /name=value/],
  ["OTEL_EXPORTER_OTLP_HEADERS", "key=a%0d%0ab", /name=value/],
  ["OTEL_EXPORTER_OTLP_HEADERS", "key=%zz", /name=value/],
  ["OTEL_SERVICE_NAME", "line\nbreak", /printable/],
  ["EDGE_SECRETS", secret(), /id:base64/],
  ["EDGE_SECRETS", `one:${short}`, /at least 32 bytes/],
  ["EDGE_SECRETS", `one:${secret()},one:${secret()}`, /twice/],
  ["EDGE_SECRETS", `a b:${secret()}`, /ids of letters/],
  ["EDGE_SECRETS", ",", /at least one/],
  ["SERVER_PORT", "65536", /from 0 to 65535/],
  ["SERVER_PORT", "tcp://10.0.0.1:8788", /from 0 to 65535/],
  ["OPS_PORT", "-1", /from 0 to 65535/],
  ["OPS_PORT", "8e3", /from 0 to 65535/],
  ["SERVER_HOST", "not a host", /IP address or a host name/],
  ["SLOT_CALLS_PER_MINUTE", "1.5", /whole number/],
  ["BODY_LIMIT", "10MB", /whole number/],
  ["BODY_LIMIT", "0", /whole number/],
  ["UPSTREAM_ALLOW_PRIVATE", "10.0.0.0/33", /CIDR/],
  ["UPSTREAM_ALLOW_PRIVATE", "http://localhost", /CIDR/],
  ["UPSTREAM_ALLOW_INSECURE", "10.0.0.0/8", /host or host:port/],
  ["UPSTREAM_ALLOW_INSECURE", "localhost:0", /host or host:port/],
  ["UPSTREAM_ALLOW_INSECURE", "localhost:99999", /host or host:port/],
  ["UPSTREAM_ALLOW_INSECURE", "*.example", /host or host:port/],
  ["UPSTREAM_CONNECT_TIMEOUT", "0", /whole number/],
  ["REQUIRE_SEALED_SHARES", "maybe", /on or off/],
  ["REGISTRATION", "anybody", /open, invite or closed/],
  ["INVITE_TOKENS", "fifteen-letters", /16 to 256 printable/],
  ["INVITE_TOKENS", "a-good-long-token,another one", /16 to 256 printable/],
  ["INVITE_TOKENS", "a-good-long-token,a-good-long-token", /twice/],
  ["LOG_LEVEL", "loud", /one of trace/],
];
for (const [name, value, says] of wrong) {
  await t.test(`${name} refuses ${value.slice(0, 12)}`, (t) => {
    const problems = problemsOf({ ...REQUIRED, [name]: value });
    t.match(problems, says);
    t.match(problems, new RegExp(`^ {2}${name} `, "m"), "names the variable");
    for (const part of value.split(/[:,]/).filter((part) => part.length > 8))
      t.notMatch(problems, part, "and not the value");
    t.notMatch(problems, "hunter2");
    t.end();
  });
}

await t.test("invites and the registration that asks for them go together", (t) => {
  const tokens = ["correct-horse-battery", "staple-correct-horse"];
  const INVITE_TOKENS = tokens.join(" , ");
  const config = readConfig({ ...REQUIRED, REGISTRATION: "invite", INVITE_TOKENS });
  t.equal(config.registration, "invite");
  t.equal(config.invites.length, 2);
  for (const token of tokens) t.notMatch(inspect(config, { depth: 9, showHidden: true }), token);
  t.match(problemsOf({ ...REQUIRED, REGISTRATION: "invite" }), /INVITE_TOKENS is required/);
  t.match(problemsOf({ ...REQUIRED, REGISTRATION: "invite", INVITE_TOKENS: " , " }), /INVITE_TOKENS/);
  for (const env of [{ INVITE_TOKENS }, { INVITE_TOKENS, REGISTRATION: "open" }]) {
    t.match(problemsOf({ ...REQUIRED, ...env }), /REGISTRATION must be invite/, "or anybody could register");
    for (const token of tokens) t.notMatch(problemsOf({ ...REQUIRED, ...env }), token);
  }
  t.equal(readConfig({ ...REQUIRED, INVITE_TOKENS, REGISTRATION: "closed" }).registration, "closed");
  t.end();
});

await t.test("every problem is named at once", (t) => {
  const problems = problemsOf({ SERVER_PORT: "x", LOG_LEVEL: "x" });
  for (const name of [...Object.keys(REQUIRED), "SERVER_PORT", "LOG_LEVEL"]) t.match(problems, name);
  t.end();
});

await t.test("secrets cannot be printed", (t) => {
  const config = readConfig({ ...REQUIRED, SERVER_ENCRYPTION_KEYS_OLD: REQUIRED.SERVER_IDENTITY_KEY });
  const printed = [
    JSON.stringify(config),
    inspect(config, { depth: 9, showHidden: true }),
    String(config.encryptionKey),
  ];
  for (const value of Object.values(REQUIRED)) {
    const bytes = Buffer.from(value.replace("one:", ""), "base64");
    for (const text of printed) {
      for (const encoding of ["base64", "hex", "base64url"] as const)
        t.notMatch(text, bytes.toString(encoding));
      t.notMatch(text, [...bytes.subarray(0, 6)].join(", "));
    }
  }
  t.equal(Buffer.from(config.encryptionKey.reveal()).toString("base64"), REQUIRED.SERVER_ENCRYPTION_KEY);
  t.end();
});

await t.test("misspelt variables are noticed, others are not", (t) => {
  t.same(
    findMisspelt({
      EDGE_SECRET: "x",
      SERVERPORT: "1",
      HOME: "/",
      SERVER_PORT: "1",
      SERVER_PORT_8788_TCP: "x",
    }),
    [
      { name: "EDGE_SECRET", meant: "EDGE_SECRETS" },
      { name: "SERVERPORT", meant: "SERVER_PORT" },
    ],
  );
  t.end();
});
