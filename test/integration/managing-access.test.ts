import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { VaultProof } from "@vaultproof/sdk";
import t from "tap";
import { temporaryFolder } from "../helpers/memory-vault.js";
import { startStack } from "../helpers/stack.js";

// The manual's program, as a developer would run it: a process of its own, over the real stack.

const MANUAL = new URL("../../../docs/managing-access.md", import.meta.url);
const COMMAND = fileURLToPath(new URL("../../../cli/bin/vaultproof.js", import.meta.url));
const run = promisify(execFile);

/** All pieces of JavaScript in a page, in their order. */
async function programOf(page: URL): Promise<string> {
  const text = await readFile(page, "utf8");
  return [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, piece = ""]) => piece).join("\n");
}

void t.test("the manual on managing access", async (t) => {
  const program = await programOf(MANUAL);
  // Beside the compiled tests, where the SDK is found by its name.
  const script = new URL(`managing-access-${process.pid}.mjs`, import.meta.url);
  await writeFile(script, `${program}\nconsole.log("the end");\n`);
  t.teardown(() => rm(script));
  const invite = randomBytes(16).toString("hex");
  const serverEnv = { REGISTRATION: "invite", INVITE_TOKENS: invite };
  const stack = await startStack({ serverEnv });
  t.teardown(() => stack.close());
  const env = {
    PATH: process.env.PATH,
    HOME: await temporaryFolder(t),
    XDG_DATA_HOME: await temporaryFolder(t),
    VAULTPROOF_URL: stack.edgeUrl,
    VAULTPROOF_DEVELOPER_KEY: VaultProof.generateDeveloperKey("live"),
    VAULTPROOF_SERVER_IDENTITY: stack.identity,
    VAULTPROOF_INVITE: invite,
    PROVIDER_KEY: "sk-first-0123456789",
    NEXT_PROVIDER_KEY: "sk-next-0123456789",
    VAULTPROOF_PASSPHRASE: "four words that came by chance",
  };
  const { stdout, stderr } = await run(process.execPath, [fileURLToPath(script)], { env, cwd: env.HOME });
  t.equal(stderr, "", "it warns of nothing");
  t.match(stdout, /^production active \{.*perDay: 10000/);
  for (const appId of ["website", "summaries", "web-page"]) t.match(stdout, new RegExp(`^ +${appId} `, "m"));
  t.match(stdout, /^verified: true$/m);
  t.match(stdout, /the end\n$/);
  const verify = ["audit", "verify", join(env.HOME, "managed.csv"), "--server-identity", stack.identity];
  const verified = await run(process.execPath, [COMMAND, ...verify], { env: { PATH: env.PATH } });
  t.match(verified.stdout, /whole and as they were written/);
  for (const secret of [invite, env.PROVIDER_KEY, env.NEXT_PROVIDER_KEY, env.VAULTPROOF_DEVELOPER_KEY]) {
    t.notMatch(stack.logs(), secret, "and nothing of it is in the logs");
  }
});
