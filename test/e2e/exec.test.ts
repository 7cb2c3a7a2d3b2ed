import { mkdir, mkdtemp, readdir, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import t, { type Test } from "tap";
import { bbChildrenOf, canListProcesses, isBbRunning } from "../helpers/bb-children.js";
import { runCommand, type RunningCommand } from "../helpers/command.js";
import { setGatewayStage, type GatewayStage } from "../helpers/gateway-stage.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { EXPECTED } from "../helpers/sdk-scenarios.js";

// `vaultproof exec`: unmodified programs, and what becomes of them and of their environment.

const PROGRAM = fileURLToPath(new URL("../helpers/program-with-sdks.js", import.meta.url));
const skip = findReferenceString() === undefined && noReferenceString;
const noProc = !canListProcesses && "reads /proc";

/** A program that calls until it cannot any more. */
const CALLS_ON = `
  console.log("pid " + process.pid);
  for (;;) {
    try {
      const response = await fetch(process.env.OPENAI_BASE_URL + "/models", {
        headers: { authorization: "Bearer " + process.env.OPENAI_API_KEY },
      });
      await response.text();
      console.log("answered " + response.status);
    } catch (error) {
      console.log("failed " + error.cause.code);
      process.exit(0);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }`;

await t.test("exec", { skip }, async (t) => {
  const stage = await setGatewayStage(t);
  const bundles = Object.entries(stage.bundles).map(([slug, bundle]) => `${slug}=${bundle}`);
  const env = { ...stage.env, VAULTPROOF_URL: stage.url, VAULTPROOF_BUNDLE: bundles.join(",") };
  const keys = [stage.openai.key, stage.anthropic.key];
  const exec = (t: Test, args: readonly string[], more: Record<string, string> = {}): RunningCommand => {
    const command = runCommand(["exec", "--", ...args], { ...env, ...more });
    t.teardown(() => command.child.kill("SIGKILL"));
    return command;
  };
  const node = (t: Test, script: string): RunningCommand =>
    exec(t, [process.execPath, "--input-type=module", "-e", script]);

  await t.test(
    "a program with all SDKs, none configured, with real keys around it",
    { skip: noProc },
    async (t) => {
      const [first = "", second = ""] = keys;
      const real = {
        OPENAI_API_KEY: first,
        ANTHROPIC_AUTH_TOKEN: second,
        MY_OWN_KEYS: `old ${second} new`,
        OPENAI_BASE_URL: "https://api.openai.com/v1",
        UNRELATED: "stays",
      };
      const command = exec(t, [process.execPath, PROGRAM], real);
      t.equal(await command.exited, 0, command.stderr);
      const { result, processes } = JSON.parse(command.stdout) as { result: unknown; processes: string[] };
      t.strictSame(result, EXPECTED);
      const [environ = "", cmdline = "", , parent = ""] = processes;
      for (const secret of [...keys, ...Object.values(stage.bundles)]) {
        t.notOk(environ.includes(secret), "the program's environment");
        t.notOk(cmdline.includes(secret) || parent.includes(secret), "argument lists");
        t.notOk(command.stderr.includes(secret), "what the command said");
      }
      t.match(environ, "UNRELATED=stays");
      t.notMatch(environ, /VAULTPROOF_|MY_OWN_KEYS|ANTHROPIC_AUTH_TOKEN/);
      t.match(command.stderr, "not passed on, they hold keys: ANTHROPIC_AUTH_TOKEN, MY_OWN_KEYS\n");
    },
  );

  await t.test("a shell with curl", async (t) => {
    const command = exec(t, [
      "sh",
      "-c",
      'curl -sS "$OPENAI_BASE_URL/models" -H "authorization: Bearer $OPENAI_API_KEY"',
    ]);
    t.equal(await command.exited, 0, command.stderr);
    t.match(JSON.parse(command.stdout), { data: [{ id: "small" }, { id: "large" }] });
    t.equal(command.stderr, "", "the command itself says nothing");
  });

  await t.test(
    "of a project of the machine, from a folder in it: no process holds the key",
    { skip: noProc },
    async (t) => {
      const folder = await realpath(await mkdtemp(join(tmpdir(), "vaultproof-project-")));
      t.teardown(() => rm(folder, { recursive: true, force: true }));
      const inner = join(folder, "src", "deep");
      await mkdir(inner, { recursive: true });
      const token = await stage.addProject({ id: "mine", folder });
      const args = ["exec", process.execPath, "--input-type=module", "-e", CALLS_ON];
      const command = runCommand(args, stage.env, { cwd: inner });
      t.teardown(() => command.child.kill("SIGKILL"));
      await command.waitFor(/answered 200/);
      const [, pid = ""] = await command.waitFor(/pid (\d+)/);
      for (const process of [String(command.child.pid), pid]) {
        for (const file of ["environ", "cmdline"]) {
          const text = await readFile(`/proc/${process}/${file}`, "latin1");
          t.notOk(keys.some((key) => text.includes(key)));
          t.notOk(Object.values(stage.bundles).some((bundle) => text.includes(bundle)));
        }
      }
      await searchFolder(t, stage, [...keys, ...Object.values(stage.bundles)]);
      command.child.kill("SIGTERM");
      await command.exited;
      const placeholder = `curl -sS "$OPENAI_BASE_URL/models" -H "x-api-key: ${token}"`;
      const fromEnvFile = runCommand(["exec", "sh", "-c", placeholder], stage.env, { cwd: folder });
      await fromEnvFile.exited;
      t.match(fromEnvFile.stdout, '"id":"small"', "the placeholder of .env is good here too");
      const elsewhere = runCommand(args, stage.env, { cwd: tmpdir() });
      t.equal(await elsewhere.exited, 1);
      t.match(elsewhere.stderr, /no project in .*\n {2}hint: run `vaultproof init`/);
    },
  );

  await t.test(
    "the gateway takes bundles from the environment too, of custom providers as well",
    async (t) => {
      const custom = { ...env, VAULTPROOF_BUNDLE: `my-llm=${stage.bundles.openai}` };
      const command = runCommand(["gateway", "--port", "0", "--json"], custom);
      t.teardown(() => command.child.kill("SIGKILL"));
      const [line = ""] = await command.waitFor(/^\{.*\}\n/);
      const { projects } = JSON.parse(line) as {
        projects: { token?: string; providers: { baseUrl: string }[] }[];
      };
      const { token = "", providers = [] } = projects.at(-1) ?? {};
      const url = `${providers[0]?.baseUrl ?? ""}/v1/models`;
      t.match(url, /\/my-llm\/v1\/models$/);
      t.equal((await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status, 200);
      t.equal((await fetch(url)).status, 401);
      command.child.kill("SIGTERM");
      t.equal(await command.exited, 0);
    },
  );

  await t.test("options behind the program are the program's", async (t) => {
    const command = runCommand(["exec", "--app", "my-app", "echo", "--app", "x", "--help"], env);
    t.equal(await command.exited, 0);
    t.equal(command.stdout, "--app x --help\n");
    const missing = exec(t, ["no-such-program-here"]);
    t.equal(await missing.exited, 127);
    t.match(missing.stderr, "there is no program no-such-program-here");
    const text = t.testdir({ "no-program": "text" });
    const unfit = exec(t, [join(text, "no-program")]);
    t.equal(await unfit.exited, 126);
    const unknown = runCommand(["exec", "--app", "nobody", "echo"], env);
    t.equal(await unknown.exited, 1);
    t.match(unknown.stderr, "there is no app nobody; there is my-app");
  });

  await t.test("a signal is the program's to answer", async (t) => {
    const script = `process.on("SIGINT", () => process.exit(42)); setInterval(() => {}, 1000); console.log("ready");`;
    const command = node(t, script);
    await command.waitFor(/ready/);
    command.child.kill("SIGINT");
    t.equal(await command.exited, 42);
  });

  await t.test("a signal that the program does not take ends both", { skip: noProc }, async (t) => {
    const command = node(t, CALLS_ON);
    const [, pid = ""] = await command.waitFor(/pid (\d+)/);
    await command.waitFor(/answered 200/);
    const provers = bbChildrenOf(command.child.pid ?? 0);
    t.ok(provers.length > 0);
    command.child.kill("SIGTERM");
    t.equal(await command.exited, 128 + 15);
    t.notOk((await readdir("/proc")).includes(pid), "the program is gone");
    t.notOk(provers.some(isBbRunning), "and so are the provers");
  });

  await t.test("killed, it leaves a program that can call no more", { skip: noProc }, async (t) => {
    const command = node(t, CALLS_ON);
    await command.waitFor(/answered 200/);
    const provers = bbChildrenOf(command.child.pid ?? 0);
    command.child.kill("SIGKILL");
    await command.waitFor(/failed (?:ECONNREFUSED|ECONNRESET|UND_ERR_SOCKET)/);
    await command.exited;
    while (provers.some(isBbRunning)) await new Promise((resolve) => setTimeout(resolve, 20));
  });
});

/** The folder of settings, every file of it. */
async function searchFolder(t: Test, stage: GatewayStage, secrets: readonly string[]): Promise<void> {
  const folder = stage.env.VAULTPROOF_CONFIG_DIR ?? "";
  let files = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files++;
    const text = await readFile(join(entry.parentPath, entry.name), "latin1");
    t.notOk(
      secrets.some((secret) => text.includes(secret)),
      entry.name,
    );
  }
  t.ok(files > 0);
}
