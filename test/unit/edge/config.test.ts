import t from "tap";
import { ConfigError, startEdge } from "@vaultproof/edge/node";

const SECRET = Buffer.alloc(32, 7).toString("base64");
const GOOD = { EDGE_SECRETS: `one:${SECRET}`, EDGE_PORT: "0" };

async function refusal(env: Record<string, string>): Promise<string> {
  try {
    const edge = await startEdge(env);
    await edge.close();
    return "started";
  } catch (error) {
    return error instanceof ConfigError ? error.message : `not a ConfigError: ${String(error)}`;
  }
}

void t.test("starts from its secret alone", async (t) => {
  const edge = await startEdge(GOOD);
  t.match(edge.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  await edge.close();
  t.equal(
    await refusal({
      ...GOOD,
      EDGE_SECRETS: `one:${SECRET}, two:${SECRET}`,
      BACKEND_URL: "",
      CORS_ORIGINS: " ",
    }),
    "started",
    "what is set to nothing is not set",
  );
});

void t.test("a wrong value is an error that names its variable and does not repeat it", async (t) => {
  const canary = "Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5";
  const wrong: [string, string][] = [
    ["EDGE_SECRETS", ""],
    ["EDGE_SECRETS", canary],
    ["EDGE_SECRETS", `one:${canary}`],
    ["EDGE_SECRETS", `one:${SECRET},two:${canary}`],
    ["EDGE_SECRETS", `one:${SECRET},one:${SECRET}`],
    ["EDGE_SECRETS", `one:${SECRET}!${canary}`],
    ["EDGE_SECRETS", `:${SECRET}`],
    ["EDGE_PORT", "65536"],
    ["EDGE_PORT", "1e3"],
    ["EDGE_PORT", "-1"],
    ["BACKEND_URL", "backend:8788"],
    ["BACKEND_URL", "ftp://backend.example"],
    ["BACKEND_URL", "http://backend.example/path"],
    ["BACKEND_URL", `http://user:${canary}@backend.example`],
    ["IP_CALLS_PER_MINUTE", "many"],
    ["IP_REGISTRATIONS_PER_MINUTE", "-1"],
    ["IP_REGISTRATIONS_PER_MINUTE", "1.5"],
    ["BODY_LIMIT", "10MB"],
    ["BODY_LIMIT", "0"],
    ["BODY_LIMIT", "268435457"],
    ["SHUTDOWN_GRACE", "0"],
    ["SHUTDOWN_GRACE", "86401"],
    ["SHUTDOWN_GRACE", "10s"],
    ["EDGE_TRUSTED_PROXIES", "10.0.0.0/33"],
    ["EDGE_TRUSTED_PROXIES", "localhost"],
    ["EDGE_TRUSTED_PROXIES", "127.1"],
    ["CORS_ORIGINS", "*"],
    ["CORS_ORIGINS", "https://app.example/"],
    ["CORS_ORIGINS", "app.example"],
  ];
  for (const [name, value] of wrong) {
    const message = await refusal({ ...GOOD, [name]: value });
    t.match(message, new RegExp(`^${name} `), `${name}=${value}`);
    t.notMatch(message, canary);
    t.notMatch(message, SECRET);
  }
});

void t.test("what is given directly needs no variable", async (t) => {
  const edge = await startEdge({}, { port: 0, secrets: [{ id: "one", secret: new Uint8Array(32) }] });
  await edge.close();
  t.match(await refusal({ EDGE_PORT: "0", NODE_ENV: "production" }), /^EDGE_SECRETS is required/);
});
