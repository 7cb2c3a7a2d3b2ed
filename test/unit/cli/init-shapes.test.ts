import { parse } from "dotenv";
import t from "tap";
import { envBytes, readEnvText } from "vaultproof/init/env-file";
import { describePlan } from "vaultproof/init/describe-plan";
import type { EnvFile } from "vaultproof/init/find-env-files";
import { makePlan } from "vaultproof/init/plan";
import { rewriteFile, takeBack } from "vaultproof/init/rewrite";
import { envShapes, madeUpKeys } from "../../helpers/env-shapes.js";

const GATEWAY = "http://127.0.0.1:8790";
const PLACEHOLDER = "vpg_Ab0Cd1Ef2Gh3Ij4Kl5Mn6Op7Qr8St9Uv0Wx1Yz2AbCd";
/** A second key of a provider is another project's. */
const OLDER_PLACEHOLDER = `vpg_${"o".repeat(43)}`;
const made = madeUpKeys();
const olderKey = made.openai.replace("proj", "None");
const shapes = envShapes(made);

function fileOf(bytes: Uint8Array, name = ".env"): EnvFile {
  return { path: `/project/${name}`, name, text: readEnvText(bytes), isSample: false };
}

function rewritten(file: EnvFile) {
  const { keys } = makePlan([file], GATEWAY);
  return rewriteFile(file, keys, {
    gateway: GATEWAY,
    placeholderOf: ({ key }) => (key === olderKey ? OLDER_PLACEHOLDER : PLACEHOLDER),
  });
}

void t.test("there are many shapes", (t) => {
  t.ok(shapes.length >= 30, String(shapes.length));
  t.end();
});

for (const { name, bytes, keys } of shapes) {
  void t.test(name, (t) => {
    const file = fileOf(bytes);
    const { text, block, urls } = rewritten(file);
    const before = parse(bytes);
    const after = parse(envBytes(text));
    for (const key of Object.values(made)) t.notOk(text.includes(key), "no key is left");
    t.ok(keys.length > 0 || text !== file.text, "something was found");
    for (const variable of keys) t.equal(after[variable], PLACEHOLDER, variable);
    const turned = new Set(urls.map((url) => url.name));
    for (const [variable, value] of Object.entries(before)) {
      if (keys.includes(variable) || turned.has(variable)) continue;
      const expected = Object.values(made).reduce((rest, key) => rest.replaceAll(key, PLACEHOLDER), value);
      t.equal(after[variable], expected, `${variable} is read as before`);
    }
    t.ok(text.endsWith(block));
    const others = text.slice(0, text.length - block.length);
    t.equal(withoutKeys(others, urls), withoutKeys(file.text, urls), "every other byte is the same");
    t.equal(takeBack(text, { block, urls, keys: rewritten(file).keys }), file.text, "taken back exactly");
    const again = rewritten({ ...file, text });
    t.equal(again.text, text, "a second time changes nothing");
    t.end();
  });
}

/** What a text is apart from keys, placeholders and addresses. */
function withoutKeys(text: string, urls: readonly { before: string; after: string }[]): string {
  let rest = text;
  for (const key of [...Object.values(made), olderKey, PLACEHOLDER, OLDER_PLACEHOLDER])
    rest = rest.replaceAll(key, "[key]");
  for (const { before, after } of urls) {
    if (before !== "") rest = rest.replaceAll(before, "[address]");
    rest = rest.replaceAll(after, before === "" ? "" : "[address]");
  }
  return rest;
}

void t.test("the block leads each provider's clients to the gateway", (t) => {
  const text = `OPENAI_API_KEY=${made.openai}\r\nANTHROPIC_API_KEY=${made.anthropic}`;
  t.equal(
    rewritten(fileOf(Buffer.from(text))).block,
    "\r\n# VaultProof: the keys above are placeholders; calls go through the gateway on this machine.\r\n" +
      "OPENAI_BASE_URL=http://127.0.0.1:8790/openai/v1\r\nANTHROPIC_BASE_URL=http://127.0.0.1:8790/anthropic\r\n",
  );
  t.match(
    rewritten(fileOf(Buffer.from(`export OPENAI_API_KEY=${made.openai}\n`))).block,
    /^export OPENAI_BASE_URL=/m,
  );
  for (const name of [".envrc", "config/.envrc.local"]) {
    t.match(rewritten(fileOf(Buffer.from(`OPENAI_API_KEY=${made.openai}\n`), name)).block, /^export /m, name);
  }
  t.end();
});

void t.test("a provider's variable with a key of somebody else is left alone, and named", (t) => {
  const other = `sk-or-v1-${made.mistral}${made.mistral}`;
  const text = `OPENAI_API_KEY=${other}\nOPENAI_BASE_URL=https://openrouter.ai/api/v1\n`;
  const plan = makePlan([fileOf(Buffer.from(text))], GATEWAY);
  t.same([plan.keys, plan.files, plan.leftAlone], [[], [], 1]);
  t.match(plan.warnings, [
    /^\.env:1: OPENAI_API_KEY is left alone: its value does not look like a key of openai/,
  ]);
  t.notMatch(plan.warnings.join(), made.mistral);
  const suffixed = fileOf(
    Buffer.from(`ANTHROPIC_API_KEY_PROD=${made.mistral}\nOPENAI_API_KEY=${made.openai}\n`),
  );
  const second = makePlan([suffixed], GATEWAY);
  t.equal(second.keys.length, 1);
  t.match(second.warnings, [/^\.env:1: ANTHROPIC_API_KEY_PROD is left alone/]);
  for (const quiet of [
    `OPENAI_API_KEY=${PLACEHOLDER}`,
    "OPENAI_API_KEY=sk-your-key-goes-here-please",
    "OPENAI_API_KEY=ollama",
    "ANTHROPIC_AUTH_TOKEN=local-development-only-token",
    "MISTRAL_API_KEY=/run/secrets/mistral-4f1c9a7be2",
    "OPENAI_API_KEY=op://vault/openai-4f1c9a7be2/credential",
    `LLM_OPENAI_API_KEY={"key":"${made.openai}"}`,
    `# OPENAI_API_KEY=${other}`,
    `AZURE_OPENAI_API_KEY=${made.mistral}`,
  ]) {
    const { warnings, leftAlone } = makePlan([fileOf(Buffer.from(`${quiet}\n`))], GATEWAY);
    t.same([warnings, leftAlone], [[], 0], quiet);
  }
  const sample = { ...fileOf(Buffer.from(text), ".env.example"), isSample: true };
  t.same(makePlan([sample], GATEWAY).warnings, []);
  t.end();
});

void t.test("a key within a value that programs read counts as one that they read", (t) => {
  const live = `LLM_CONFIG={"openai":"${made.openai}"}\nexport AUTH="Bearer ${made.anthropic}"\n`;
  const file = fileOf(Buffer.from(`${live}# gone: ${made.groq}\n`));
  const { keys } = makePlan([file], GATEWAY);
  t.same(
    keys.map(({ provider, places }) => [provider, places.map(({ variable, line }) => [variable, line])]),
    [
      ["openai", [["LLM_CONFIG", 1]]],
      ["anthropic", [["AUTH", 2]]],
      ["groq", [[undefined, 3]]],
    ],
  );
  const { block } = rewritten(file);
  t.match(block, "OPENAI_BASE_URL=http://127.0.0.1:8790/openai/v1");
  t.match(block, "ANTHROPIC_BASE_URL=");
  t.notMatch(block, "GROQ_BASE_URL", "nobody reads a comment");
  const { text, ...rewrite } = rewritten(fileOf(Buffer.from(live)));
  t.equal(takeBack(`${text}NEW=1\n`, rewrite), `${live}NEW=1\n`, "and goes back to its variable");
  const table = describePlan(makePlan([file], GATEWAY), GATEWAY);
  t.match(table, /^\.env:1 +LLM_CONFIG /m);
  t.match(table, /^\.env:3 +\(comment or text\) /m);
  t.end();
});

void t.test("a key whose calls go elsewhere keeps going there, or is left alone", (t) => {
  const at = (url: string) => fileOf(Buffer.from(`OPENAI_API_KEY=${made.openai}\nOPENAI_BASE_URL=${url}\n`));
  const proxy = makePlan([at("https://llm.example.com/api/v1")], GATEWAY);
  t.equal(proxy.keys[0]?.origin, "https://llm.example.com");
  t.match(
    rewritten(at("https://llm.example.com/api/v1")).text,
    "OPENAI_BASE_URL=http://127.0.0.1:8790/openai/api/v1\n",
  );
  for (const url of ["https://mine.openai.azure.com/openai", "${ELSEWHERE}", "not an address"]) {
    const { keys, files, warnings } = makePlan([at(url)], GATEWAY);
    t.same([keys, files], [[], []], url);
    t.match(warnings[0], /^\.env:1: OPENAI_API_KEY is left alone: OPENAI_BASE_URL is /);
    t.notMatch(warnings[0], made.openai);
  }
  t.end();
});

void t.test("an address in .env counts for a key in another file", (t) => {
  const main = fileOf(Buffer.from("OPENAI_BASE_URL=https://llm.example.com/v1\n"));
  const local = fileOf(Buffer.from(`OPENAI_API_KEY=${made.openai}\n`), ".env.local");
  const { keys, files } = makePlan([main, local], GATEWAY);
  t.equal(keys[0]?.origin, "https://llm.example.com");
  t.same(
    files.map(({ name }) => name),
    [".env", ".env.local"],
  );
  t.end();
});

void t.test("what is no key is left alone", (t) => {
  const texts = [
    "OPENAI_API_KEY=\n",
    "OPENAI_API_KEY=sk-...\n",
    "OPENAI_API_KEY=sk-your-key-goes-here-please\n",
    "OPENAI_API_KEY=aaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
    "OPENAI_API_KEY=ollama\n",
    `OPENAI_API_KEY=${PLACEHOLDER}\n`,
    `OPENAI_API_KEY=sk-or-v1-${"0123456789abcdef".repeat(4)}\n`,
    "ANTHROPIC_API_KEY=0123456789abcdefghijklmnop\n",
    `SOMETHING=${made.deepseek}\n`,
    "AZURE_OPENAI_API_KEY=0f3b9c6de1a84725b0c9d8e7f6a5143c\n",
    "OPENAI_API_KEY_SECRET_NAME=prod-openai-4f1c-api-credential\n",
    "OPENAI_API_KEY_HEADER=authorization-bearer-token\n",
    "FIREBASE_KEY=AIzaSyA0123456789abcdefghijklmnopqrstu\n",
  ];
  for (const text of texts) t.same(makePlan([fileOf(Buffer.from(text))], GATEWAY).keys, [], text);
  const sample = { ...fileOf(Buffer.from("MISTRAL_API_KEY=abcdefghijklmnopqrstuvwx\n")), isSample: true };
  t.same(makePlan([sample], GATEWAY).keys, [], "a sample");
  const real = { ...fileOf(Buffer.from(`OPENAI_API_KEY=${made.openai}\n`)), isSample: true };
  t.equal(makePlan([real], GATEWAY).keys.length, 1, "a sample with a real key");
  t.end();
});

void t.test("taking back from a file that was changed since keeps the changes", (t) => {
  const file = fileOf(Buffer.from(`OPENAI_API_KEY=${made.openai}\nANTHROPIC_API_KEY='${made.anthropic}'\n`));
  const { text, ...rewrite } = rewritten(file);
  const changed = `NEW=1\n${text.replace("OPENAI_API_KEY=", "OPENAI_API_KEY = ")}LAST=2\n`;
  t.equal(
    takeBack(changed, rewrite),
    `NEW=1\nOPENAI_API_KEY = ${made.openai}\nANTHROPIC_API_KEY='${made.anthropic}'\nLAST=2\n`,
  );
  t.end();
});
