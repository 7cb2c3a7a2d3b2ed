import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatBundle } from "@vaultproof/protocol/bundle";
import t from "tap";
import { basePathsOf } from "vaultproof/exec/base-paths";
import { childEnvironment } from "vaultproof/exec/child-environment";
import { slotsOfRun } from "vaultproof/exec/slots-of-run";
import { findEnvFiles } from "vaultproof/init/find-env-files";
import { makePlan } from "vaultproof/init/plan";
import { rewriteFile } from "vaultproof/init/rewrite";
import { gatewayTokenDigest, newGatewayToken } from "vaultproof/projects/gateway-token";
import { type Project, projectSlot } from "vaultproof/projects/project";
import { temporaryFolder } from "../../helpers/memory-vault.js";

const INIT_GATEWAY = "http://127.0.0.1:8790";
const RUN_GATEWAY = "http://127.0.0.1:9";
const KEY = `sk-proj-${"a1B2c3D4".repeat(6)}`;

function project(folder: string, token: string, slugs: readonly string[]): Project {
  const slots = slugs.map((slug) => {
    const bundle = formatBundle({
      serverIdentity: "A".repeat(43),
      slotId: "3f1c9e77-ab4f-4c9e-b7ab-4f1c9e77ab00",
      slotVersion: 1,
      providerOrigin: "http://host.example",
      appId: "my-app",
      slotSecret: 5n,
      appSecret: 6n,
      share2: new Uint8Array(96),
    });
    return projectSlot({ slug, bundle, url: "https://vault.example" });
  });
  return { id: token.slice(4, 12).toLowerCase(), folder, tokenDigest: gatewayTokenDigest(token), slots };
}

/** The environment that a program gets. */
async function environment(projects: readonly Project[]): Promise<Record<string, string>> {
  const slots = await slotsOfRun(projects, []);
  const basePaths = await basePathsOf(projects, slots);
  return childEnvironment({
    env: {},
    gatewayUrl: RUN_GATEWAY,
    token: "vpg_t",
    slugs: [...slots.keys()],
    basePaths,
  }).env;
}

void t.test("a base URL that init turned to the gateway keeps its path under exec", async (t) => {
  const token = newGatewayToken();
  const cases: Record<string, { text: string; slug: string; expected: Record<string, string> }> = {
    "a path that is not /v1": {
      text: `OPENAI_API_KEY=${KEY}\nOPENAI_BASE_URL=http://host.example/api/v2\n`,
      slug: "openai",
      expected: { OPENAI_BASE_URL: "/openai/api/v2", OPENAI_API_BASE: "/openai/api/v2" },
    },
    "the older variable, and a slash at the end": {
      text: `OPENAI_API_KEY=${KEY}\nOPENAI_API_BASE="http://host.example/llm/"\n`,
      slug: "openai",
      expected: { OPENAI_BASE_URL: "/openai/llm", OPENAI_API_BASE: "/openai/llm" },
    },
    "no path at all": {
      text: `OPENAI_API_KEY=${KEY}\nOPENAI_BASE_URL=http://host.example\n`,
      slug: "openai",
      expected: { OPENAI_BASE_URL: "/openai" },
    },
    "none set": {
      text: `OPENAI_API_KEY=${KEY}\n`,
      slug: "openai",
      expected: { OPENAI_BASE_URL: "/openai/v1" },
    },
    "Anthropic's API below a path": {
      text: `ANTHROPIC_API_KEY=sk-ant-api03-${"a1B2c3D4".repeat(4)}\nANTHROPIC_BASE_URL=http://host.example/anthropic\n`,
      slug: "anthropic",
      expected: { ANTHROPIC_BASE_URL: "/anthropic/anthropic" },
    },
  };
  for (const [name, { text, slug, expected }] of Object.entries(cases)) {
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, ".env"), text);
    const { files } = await findEnvFiles(folder);
    const plan = makePlan(files, INIT_GATEWAY);
    for (const file of plan.files) {
      const made = rewriteFile(file, plan.keys, { gateway: INIT_GATEWAY, placeholderOf: () => token });
      await writeFile(file.path, made.text, "latin1");
    }
    const env = await environment([project(folder, token, [slug])]);
    for (const [variable, path] of Object.entries(expected))
      t.equal(env[variable], RUN_GATEWAY + path, `${name}: ${variable}`);
  }
});

void t.test(
  "the file with the token of the run's project goes first, and only the gateway counts",
  async (t) => {
    const folder = await temporaryFolder(t);
    const [one, two] = [newGatewayToken(), newGatewayToken()];
    const put = (name: string, token: string, url: string): Promise<void> =>
      writeFile(join(folder, name), `OPENAI_API_KEY=${token}\nOPENAI_BASE_URL=${url}\n`);
    await put(".env.local", one, `${INIT_GATEWAY}/openai/one`);
    await put(".env.production", two, "http://localhost:1234/openai/two");
    await put(".env.example", one, `${INIT_GATEWAY}/openai/sample`);
    const of = async (token: string) =>
      (await environment([project(folder, token, ["openai"])])).OPENAI_BASE_URL;
    t.equal(await of(one), `${RUN_GATEWAY}/openai/one`);
    t.equal(await of(two), `${RUN_GATEWAY}/openai/two`);
    await put(".env.production", two, "https://elsewhere.example/openai/three");
    await writeFile(join(folder, ".env.local"), `OPENAI_BASE_URL=${INIT_GATEWAY}/mistral/x\n`);
    t.equal(await of(two), `${RUN_GATEWAY}/openai/v1`);
  },
);
