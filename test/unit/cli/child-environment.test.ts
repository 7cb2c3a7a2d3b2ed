import t from "tap";
import { childEnvironment } from "vaultproof/exec/child-environment";

const GATEWAY = { gatewayUrl: "http://127.0.0.1:9", token: "vpg_t" };
const KEYS = {
  openai: `sk-proj-${"a".repeat(40)}`,
  anthropic: `sk-ant-api03-${"b".repeat(40)}`,
  google: `AIza${"c".repeat(35)}`,
  groq: `gsk_${"d".repeat(40)}`,
};

function environment(env: Record<string, string>, ...slugs: string[]) {
  return childEnvironment({ ...GATEWAY, env, slugs });
}

void t.test("each provider's variables, as its SDKs read them", (t) => {
  const { env } = environment(
    {},
    "openai",
    "anthropic",
    "google",
    "groq",
    "together",
    "mistral",
    "deepseek",
    "my-own",
  );
  t.strictSame(env, {
    OPENAI_API_KEY: "vpg_t",
    OPENAI_BASE_URL: "http://127.0.0.1:9/openai/v1",
    OPENAI_API_BASE: "http://127.0.0.1:9/openai/v1",
    ANTHROPIC_API_KEY: "vpg_t",
    ANTHROPIC_BASE_URL: "http://127.0.0.1:9/anthropic",
    GEMINI_API_KEY: "vpg_t",
    GOOGLE_API_KEY: "vpg_t",
    GOOGLE_GENERATIVE_AI_API_KEY: "vpg_t",
    GOOGLE_GEMINI_BASE_URL: "http://127.0.0.1:9/google",
    GROQ_API_KEY: "vpg_t",
    GROQ_BASE_URL: "http://127.0.0.1:9/groq",
    TOGETHER_API_KEY: "vpg_t",
    TOGETHER_BASE_URL: "http://127.0.0.1:9/together/v1",
    MISTRAL_API_KEY: "vpg_t",
    MISTRAL_BASE_URL: "http://127.0.0.1:9/mistral",
    DEEPSEEK_API_KEY: "vpg_t",
    DEEPSEEK_BASE_URL: "http://127.0.0.1:9/deepseek",
    MY_OWN_API_KEY: "vpg_t",
    MY_OWN_BASE_URL: "http://127.0.0.1:9/my-own",
  });
  t.end();
});

void t.test("what holds a key of theirs is taken out, by name or by its look, and named", (t) => {
  const { env, removed } = environment(
    {
      OPENAI_API_KEY: KEYS.openai,
      ANTHROPIC_AUTH_TOKEN: "anything",
      CONFIG_JSON: `{"key":"${KEYS.anthropic}"}`,
      BACKUP: KEYS.openai,
      PATH: "/bin",
    },
    "openai",
    "anthropic",
  );
  t.strictSame(removed, ["ANTHROPIC_AUTH_TOKEN", "BACKUP", "CONFIG_JSON"]);
  t.equal(env.OPENAI_API_KEY, "vpg_t");
  t.equal(env.PATH, "/bin");
  for (const key of Object.values(KEYS)) t.notOk(JSON.stringify(env).includes(key));
  t.end();
});

void t.test("a key of each shape that init knows is found within a value too", (t) => {
  const newer = `AQ.${"Ab8RN6c".repeat(5)}`;
  const given = {
    GOOGLE_HEADER: `x-goog-api-key: ${newer}`,
    GOOGLE_BARE: newer,
    GOOGLE_OLD: `https://example.com/?key%3D${KEYS.google}&x=1`,
    GROQ_SHORT: `gsk_${"d4".repeat(8)}`,
    A_JWT: `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwAQ.${"dozjgNryP4J3jVmNHl0w".repeat(2)}`,
  };
  const { env, removed } = environment(given, "google", "groq");
  t.strictSame(removed, ["GOOGLE_BARE", "GOOGLE_HEADER", "GOOGLE_OLD", "GROQ_SHORT"]);
  t.equal(env.A_JWT, given.A_JWT, "no key: it is the end of something longer");
  t.end();
});

void t.test("further names of a key hold the token where they are set", (t) => {
  const given = {
    OPENAI_KEY: KEYS.openai,
    openai_secret_key: "0123456789abcdefghij",
    GROQ_KEY: "stays",
    AZURE_OPENAI_API_KEY: "0f3b9c6de1a84725b0c9d8e7f6a5143c",
    OPENAI_API_KEY_HEADER: "authorization-bearer-token",
    MISTRAL_API_KEY_PROD: "0123456789abcdefghij0123456789ab",
    MISTRAL_API_KEY_FILE: "/run/secrets/mistral",
    NEXT_PUBLIC_OPENAI_API_KEY: `vpg_${"e".repeat(43)}`,
  };
  const { env, removed } = environment(given, "openai", "mistral");
  t.match(env, {
    OPENAI_KEY: "vpg_t",
    openai_secret_key: "vpg_t",
    GROQ_KEY: "stays",
    AZURE_OPENAI_API_KEY: given.AZURE_OPENAI_API_KEY,
    OPENAI_API_KEY_HEADER: given.OPENAI_API_KEY_HEADER,
    MISTRAL_API_KEY_FILE: given.MISTRAL_API_KEY_FILE,
    NEXT_PUBLIC_OPENAI_API_KEY: given.NEXT_PUBLIC_OPENAI_API_KEY,
  });
  t.strictSame(removed, ["MISTRAL_API_KEY_PROD"]);
  t.notOk("OPENAI_SECRET_KEY" in env, "none is set that was not");
  t.end();
});

void t.test("what belongs to providers that the project does not have stays", (t) => {
  const given = { GROQ_API_KEY: KEYS.groq, DEEPSEEK_API_KEY: KEYS.openai, GEMINI: KEYS.google };
  const { env, removed } = environment(given, "openai");
  t.match(env, given);
  t.strictSame(removed, []);
  t.end();
});

void t.test("nothing of the command's own reaches the program", (t) => {
  const { env, removed } = environment({ VAULTPROOF_BUNDLE: "vpb_x", VAULTPROOF_PASSPHRASE: "x" }, "openai");
  t.notMatch(JSON.stringify(env), "VAULTPROOF_");
  t.strictSame(removed, []);
  t.end();
});

void t.test("a proxy is not asked for the loopback", (t) => {
  const { env } = environment({ HTTPS_PROXY: "http://proxy:1", NO_PROXY: "internal,localhost" }, "openai");
  t.equal(env.NO_PROXY, "internal,localhost,127.0.0.1");
  t.equal(env.no_proxy, "internal,localhost,127.0.0.1");
  t.equal(environment({}, "openai").env.NO_PROXY, undefined);
  t.end();
});
