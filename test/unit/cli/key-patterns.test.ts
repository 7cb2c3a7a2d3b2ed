import fc from "fast-check";
import t from "tap";
import { refuseKeysInArguments } from "vaultproof/input/keys-in-arguments";
import {
  findKeysInText,
  holdsKey,
  isRealKey,
  KEY_PATTERNS,
  providerOfVariable,
} from "vaultproof/init/key-patterns";

const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const BASE64URL = `${ALPHANUMERIC}-_`;
const RUNS = { numRuns: 3_000, seed: 20_261_121 };

/** Keys as providers make them: what stands before a random body, its characters, its shortest and longest length. */
const SHAPES = [
  { provider: "openai", prefix: "sk-proj-", alphabet: BASE64URL, lengths: [32, 156] },
  { provider: "openai", prefix: "sk-svcacct-", alphabet: BASE64URL, lengths: [32, 156] },
  { provider: "openai", prefix: "sk-admin-", alphabet: BASE64URL, lengths: [32, 156] },
  { provider: "anthropic", prefix: "sk-ant-api03-", alphabet: BASE64URL, lengths: [32, 95] },
  { provider: "google", prefix: "AIza", alphabet: BASE64URL, lengths: [35, 35] },
  { provider: "google", prefix: "AQ.", alphabet: BASE64URL, lengths: [32, 60] },
  { provider: "together", prefix: "tgp_v1_", alphabet: BASE64URL, lengths: [43, 43] },
  { provider: "together", prefix: "", alphabet: "0123456789abcdef", lengths: [64, 64] },
  { provider: "mistral", prefix: "", alphabet: ALPHANUMERIC, lengths: [32, 32] },
  { provider: "groq", prefix: "gsk_", alphabet: ALPHANUMERIC, lengths: [52, 52] },
  { provider: "deepseek", prefix: "sk-", alphabet: "0123456789abcdef", lengths: [32, 32] },
] as const;

const PLANTED = [
  "",
  "your",
  "ToDo",
  "xXxX",
  "DUMMY",
  "Example",
  "insert",
  "CHANGEME",
  "replace",
  "placeholder",
];

/** A random body with a word somewhere in it that people write where a key belongs. */
function bodyOf(alphabet: string, [least, most]: readonly [number, number]): fc.Arbitrary<string> {
  const length = { minLength: least, maxLength: most };
  const letters = fc.array(fc.constantFrom(...Array.from(alphabet)), { ...length, size: "max" });
  const place = fc.double({ min: 0, max: 1, noNaN: true });
  return fc.tuple(letters, fc.constantFrom(...PLANTED), place).map(([body, word, at]) => {
    const start = Math.floor(at * (body.length - word.length));
    return body.join("").slice(0, start) + word + body.join("").slice(start + word.length);
  });
}

for (const { provider, prefix, alphabet, lengths } of SHAPES) {
  void t.test(`a random key is found whatever words are in it: ${provider} ${prefix}`, (t) => {
    const { plausible, unmistakable } = KEY_PATTERNS[provider];
    const property = fc.property(bodyOf(alphabet, lengths), (body) => {
      // A name ends where another character of names does not follow.
      const key = `${prefix}${body.replace(/^[-_]|[-_]$/g, "0")}`;
      if (!isRealKey(key) || !plausible.test(key)) return false;
      const refused = (): boolean => {
        try {
          refuseKeysInArguments(["keys", "store", key]);
          return false;
        } catch {
          return true;
        }
      };
      if (prefix !== "" && !refused()) return false;
      if (unmistakable === undefined || prefix === "" || prefix === "sk-") return true;
      return findKeysInText(`a ${key} b`)[0]?.provider === provider;
    });
    fc.assert(property, RUNS);
    t.end();
  });
}

void t.test("what people write where a key belongs is no key", (t) => {
  const written = [
    "sk-your-key-here-0123456789",
    `sk-proj-${"x".repeat(48)}`,
    `sk-proj-${"xX".repeat(24)}`,
    `sk-${"x".repeat(20)}T3BlbkFJ${"x".repeat(20)}`,
    "sk-ant-your-api-key-here",
    "sk-ant-api03-your-anthropic-key-goes-here-please",
    "sk-proj-YOUR_OPENAI_API_KEY_GOES_HERE",
    "sk-proj-YOURAPIKEYHERE0000000000",
    "sk-proj-yourOpenAIApiKeyGoesHere",
    "sk-proj-replace-me-with-a-real-one-1234567890abcdef",
    "sk-proj-todo-todo-todo-todo-todo-todo",
    "sk-ant-api03-XXXXXXXXXXXX-XXXXXXXXXXXX-XXXX",
    "AIzaSyExampleKey1234567890abcdefghijklm",
    "gsk_dummydummydummydummydummydummy",
    "gsk_placeholderplaceholder1234567890",
    "tgp_v1_change_me_change_me_change_me_change_me",
    "your_mistral_api_key_2024_11_05",
    "<your-key-Zb3kQ9wLr7xTn2VmYc5JpHd8>",
    "sk-proj-...Zb3kQ9wLr7xTn2VmYc5JpHd8",
    "vpg_Ab0Cd1Ef2Gh3Ij4Kl5Mn6Op7Qr8St9Uv0Wx1Yz2AbCd",
  ];
  for (const value of written) {
    t.notOk(isRealKey(value), value);
    t.same(findKeysInText(`KEY=${value}`), [], value);
    t.doesNotThrow(() => refuseKeysInArguments(["keys", "store", value]), value);
  }
  t.end();
});

void t.test(
  "a variable is a provider's by its whole name, with a prefix or a suffix of people's own",
  (t) => {
    const named = {
      OPENAI_API_KEY: "openai",
      next_public_openai_api_key: "openai",
      OPENAI_API_KEY_PROD: "openai",
      OPENAI_API_KEY_2: "openai",
      STAGING_MISTRAL_API_KEY_EU: "mistral",
    };
    for (const [name, provider] of Object.entries(named)) t.equal(providerOfVariable(name), provider, name);
    for (const name of [
      "AZURE_OPENAI_API_KEY",
      "MY_AZURE_OPENAI_API_KEY_PROD",
      "OPENAI_API_KEY_SECRET_NAME",
      "OPENAI_API_KEY_NAME",
      "OPENAI_API_KEY_FILE",
      "OPENAI_API_KEY_PATH",
      "OPENAI_API_KEY_ID",
      "OPENAI_API_KEY_HEADER",
      "OPENAI_API_KEY_URL",
      "OPENAI_API_KEY_ENDPOINT",
      "OPENAI_API_KEY_VERSION",
      "OPENAI_API_KEYS",
    ]) {
      t.equal(providerOfVariable(name), undefined, name);
    }
    t.end();
  },
);

void t.test("behind a name that is not quite the provider's, a key must look like one of its keys", (t) => {
  const hex = "0f3b9c6de1a84725b0c9d8e7f6a5143c";
  t.ok(
    holdsKey("openai", "OPENAI_API_KEY", `sk-${hex}`),
    "the provider's own name, whatever the key looks like",
  );
  t.notOk(holdsKey("openai", "OPENAI_API_KEY_BACKUP", hex));
  t.notOk(holdsKey("openai", "LITELLM_OPENAI_API_KEY", `sk-${hex}`));
  t.ok(holdsKey("openai", "OPENAI_API_KEY_BACKUP", `sk-proj-${hex}`));
  t.ok(holdsKey("mistral", "MISTRAL_API_KEY_BACKUP", hex), "Mistral's keys look like nothing in particular");
  t.notOk(holdsKey("mistral", "MISTRAL_API_KEY_STYLE", "authorization-bearer-token"));
  t.ok(holdsKey("google", "VITE_GEMINI_API_KEY", `AIzaSy${hex}0`));
  t.end();
});
