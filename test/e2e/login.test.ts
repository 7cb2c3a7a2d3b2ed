import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { VaultProof } from "@vaultproof/sdk";
import t from "tap";
import { makeDevice, makeLoggedInDevice, type CliDevice } from "../helpers/cli-device.js";
import { runCommand } from "../helpers/command.js";
import { startStack, type Stack } from "../helpers/stack.js";

t.setTimeout(600_000);

let stack: Stack;
let device: CliDevice;
t.before(async () => {
  stack = await startStack();
  device = await makeLoggedInDevice(t, stack);
});
t.teardown(() => stack.close());

void t.test("login: a new key, an existing one, another one; the old one is kept", async (t) => {
  const mine = await makeDevice(t, stack.edgeUrl);
  t.equal((await mine.run(["whoami"])).code, 5);
  t.equal((await mine.run(["keys", "list"])).code, 5);
  t.equal((await mine.run(["login"])).code, 2, "nobody can be asked");
  const live = VaultProof.generateDeveloperKey("live");
  t.equal((await mine.run(["login", "-"], { input: live })).code, 6, "a live key needs the identity");
  t.equal((await mine.run(["whoami"])).code, 5, "and nobody is logged in then");
  const wrong = `${stack.identity.slice(0, -1)}${stack.identity.endsWith("A") ? "E" : "A"}`;
  t.equal((await mine.run(["login", "-", "--server-identity", wrong], { input: live })).code, 6);
  const login = await mine.run(["login", "-", "--server-identity", stack.identity, "--json"], {
    input: `${live}\n`,
  });
  t.equal(login.code, 0, login.stderr);
  const { developerId } = JSON.parse(login.stdout) as { developerId: string };
  t.match(JSON.parse((await mine.run(["whoami", "--json"])).stdout), {
    developerId,
    serverIdentity: stack.identity,
  });
  const another = await mine.run(["login", "--new"]);
  t.equal(another.code, 2, "replacing needs a yes");
  t.equal((await mine.run(["login", "--new", "--yes", "--kind", "test"])).code, 0);
  t.equal(
    (await mine.run(["login", "-", "--yes"], { input: live })).code,
    0,
    "and back, the identity is known",
  );
  t.match((await mine.run(["whoami", "--json"])).stdout, developerId);
  t.equal((await mine.run(["login", "-"], { input: `${live}x` })).code, 2, "mistyped");
});

void t.test("a developer who was replaced is gone back to by their id", async (t) => {
  const mine = await makeDevice(t, stack.edgeUrl);
  const asNew = ["login", "--new", "--kind", "test"];
  const login = async (args: string[]) => {
    const { code, stdout, stderr } = await mine.run([...args, "--json"]);
    t.equal(code, 0, stderr);
    return JSON.parse(stdout) as { developerId: string; replaced: string | null };
  };
  const first = await login(asNew);
  t.equal(first.replaced, null);
  t.match((await mine.run(asNew)).stderr, `login --developer ${first.developerId}`);
  const project = await mine.folder();
  await writeFile(join(project, ".env"), `OPENAI_API_KEY=sk-proj-${"a1B2".repeat(12)}\n`);
  const init = await mine.run(["init", "--yes"], { cwd: project });
  t.equal(init.code, 0, init.stderr);
  const second = await login([...asNew, "--yes"]);
  t.equal(second.replaced, first.developerId);
  const doctor = await mine.run(["doctor"]);
  t.match(doctor.stdout, `- app `);
  t.match(doctor.stdout, `openai: belongs to the developer ${first.developerId}`);
  t.equal(doctor.code, 0, doctor.stdout);
  t.match((await mine.run(["whoami"])).stdout, first.developerId);
  const back = await mine.run(["login", "--developer", first.developerId]);
  t.equal(back.code, 0, back.stderr);
  t.match(back.stderr, `login --developer ${second.developerId}`);
  t.match(JSON.parse((await mine.run(["whoami", "--json"])).stdout), {
    developerId: first.developerId,
    others: [{ developerId: second.developerId, url: stack.edgeUrl }],
  });
  t.equal((await mine.run(["login", "--developer", "A".repeat(43)])).code, 1, "nobody of this device");
  t.equal((await mine.run(["login", "--developer", "nobody"])).code, 2);
  t.equal((await mine.run(["login", "--new", "--developer", first.developerId])).code, 2);
});

void t.test("the first login on a device: what it writes is open to nobody else", async (t) => {
  const mine = await makeDevice(t, stack.edgeUrl, { fresh: true });
  const login = await mine.run(["login", "--new", "--kind", "test", "--json"]);
  t.equal(login.code, 0, login.stderr);
  t.match(JSON.parse(login.stdout), { secretsIn: "passphrase" });
  for (const name of await readdir(mine.configDir, { recursive: true })) {
    const { mode } = await stat(join(mine.configDir, name));
    t.equal(mode & 0o077, 0, `${name} is open to nobody else`);
  }
});

void t.test("secrets are locked without the passphrase", async (t) => {
  const file = join(await device.folder(), "passphrase");
  await writeFile(file, "another passphrase");
  const wrong = await device.run(["keys", "list"], { env: { VAULTPROOF_PASSPHRASE_FILE: file } });
  t.equal(wrong.code, 7);
  t.match(wrong.stderr, /not the passphrase/);
  t.equal((await device.run(["keys", "list"], { env: { VAULTPROOF_PASSPHRASE_FILE: "" } })).code, 2);
  t.equal((await device.run(["keys", "list"], { env: { VAULTPROOF_PASSPHRASE_FILE: "/nowhere" } })).code, 7);
  const right = device.env.VAULTPROOF_PASSPHRASE_FILE ?? "";
  const env = { VAULTPROOF_PASSPHRASE_FILE: "", VAULTPROOF_PASSPHRASE_FD: "3" };
  t.equal((await device.run(["keys", "list"], { env, descriptor3: right })).code, 0, "from a descriptor");
});

void t.test("a recovery kit brings the developer to another device", async (t) => {
  const toProvider = ["--provider", "custom", "--base-url", stack.provider.origin, "--app", "kept"];
  const stored = await device.run(["keys", "store", "-", ...toProvider, "--json"], {
    input: stack.provider.key,
  });
  const { keySlotId } = JSON.parse(stored.stdout) as { keySlotId: string };
  const folder = await device.folder();
  const [kit, passphrase] = [join(folder, "kit"), join(folder, "kit-passphrase")];
  await writeFile(passphrase, "a passphrase of the kit\n");
  const told = ["--kit-passphrase-file", passphrase];
  t.equal((await device.run(["recovery", "export", kit])).code, 2, "nobody can be asked");
  const exported = await device.run(["recovery", "export", kit, ...told]);
  t.equal(exported.code, 0, exported.stderr);
  t.equal((await stat(kit)).mode & 0o777, 0o600);
  t.match(await readFile(kit, "utf8"), /^vpk_\S+\n$/);
  t.equal((await device.run(["recovery", "export", kit, ...told])).code, 2, "never over a file");

  const other = await makeDevice(t, stack.edgeUrl);
  await writeFile(join(folder, "wrong"), "another passphrase");
  const refused = await other.run([
    "recovery",
    "restore",
    kit,
    "--kit-passphrase-file",
    join(folder, "wrong"),
  ]);
  t.equal(refused.code, 1, refused.stderr);
  t.equal((await other.run(["whoami"])).code, 5, "and nothing is there");
  const restored = await other.run(["recovery", "restore", "-", ...told], {
    input: await readFile(kit, "utf8"),
  });
  t.equal(restored.code, 0, restored.stderr);
  t.equal((await other.run(["whoami"])).stdout, (await device.run(["whoami"])).stdout);
  t.equal((await other.run(["apps", "grant", keySlotId, "new-app"])).code, 0, "the share is there");
});

void t.test(
  "Ctrl-C at a question ends with 130 and changes nothing",
  { skip: process.platform !== "linux" },
  async (t) => {
    const mine = await makeDevice(t, stack.edgeUrl, { fresh: true });
    // Without a size, a question is one character wide.
    const bin = `stty cols 120 rows 40; ${runCommandLine(["login"])}`;
    // `script` gives it a terminal.
    const child = spawn("script", ["-qec", bin, "/dev/null"], {
      env: { ...process.env, ...mine.env, CI: "", TERM: "xterm" },
      stdio: ["pipe", "pipe", "pipe"],
    });
    t.teardown(() => child.kill("SIGKILL"));
    const closed = once(child, "close");
    let output = "";
    await new Promise<void>((resolve) => {
      child.stdout.on("data", (text) => {
        output += String(text);
        if (output.includes("Which developer key")) resolve();
      });
      child.once("close", () => resolve());
    });
    child.stdin.write("\u0003");
    const [code] = (await closed) as [number | null];
    t.equal(code, 130, output);
    await t.rejects(stat(mine.configDir), { code: "ENOENT" });
  },
);

function runCommandLine(args: readonly string[]): string {
  const { spawnargs } = runCommand(["--version"]).child;
  return [...spawnargs.slice(0, -1), ...args].map((part) => `'${part}'`).join(" ");
}
