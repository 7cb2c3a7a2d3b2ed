import { execFileSync } from "node:child_process";
import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "dotenv";
import t from "tap";
import { makeLoggedInDevice, type CliDevice } from "../helpers/cli-device.js";
import { runCommand } from "../helpers/command.js";
import { envShapes, madeUpKeys } from "../helpers/env-shapes.js";
import { createSecretSearch } from "../helpers/secret-search.js";
import { startStack, type Stack } from "../helpers/stack.js";

t.setTimeout(600_000);

let stack: Stack;
let device: CliDevice;
t.before(async () => {
  stack = await startStack({ database: "pglite" });
  device = await makeLoggedInDevice(t, stack);
});
t.teardown(() => stack.close());

const write = (folder: string, name: string, text: string | Buffer) => writeFile(join(folder, name), text);
const read = (folder: string, name = ".env") => readFile(join(folder, name));

void t.test("a folder of every shape, there and back, and no key anywhere", async (t) => {
  const folder = await device.folder();
  const made = madeUpKeys();
  const shapes = envShapes(made);
  const nameOf = (i: number): string => (i === 0 ? ".env" : `.env.${String(i).padStart(2, "0")}`);
  for (const [i, { bytes }] of shapes.entries()) await write(folder, nameOf(i), bytes);
  await chmod(join(folder, nameOf(1)), 0o640);

  const dry = await device.run(["init", "--dry-run"], { cwd: folder });
  t.equal(dry.code, 0, dry.stderr);
  t.ok((await read(folder)).equals(shapes[0]?.bytes ?? Buffer.of()), "a dry run changes nothing");
  const command = runCommand(["init", "--yes"], device.env, { cwd: folder });
  const exposed = await watchProcess(command.child.pid ?? 0, command.exited);
  t.equal(await command.exited, 0, command.stderr);

  for (const [i, { name, keys }] of shapes.entries()) {
    const values = parse(await read(folder, nameOf(i)));
    for (const variable of keys) t.match(values[variable], /^vpg_[A-Za-z0-9_-]{43}$/, `${name}: ${variable}`);
  }
  t.equal((await stat(join(folder, nameOf(1)))).mode & 0o777, 0o640, "the mode stays");

  const search = createSecretSearch(
    Object.entries(made).map(([name, key]) => ({ name, bytes: Buffer.from(key) })),
  );
  const files = [
    ...(await filesIn(folder)),
    ...(await filesIn(device.configDir)),
    ...(await filesIn(stack.dataDir)),
  ];
  t.ok(files.length > shapes.length);
  for (const file of files) t.same(search(await readFile(file)), [], file);
  for (const text of [stack.logs(), dry.stdout, dry.stderr, command.stdout, command.stderr, exposed]) {
    t.same(search(Buffer.from(text)), [], "no output, log, argument or variable");
  }

  const undone = await device.run(["init", "--undo", "--yes"], { cwd: folder });
  t.equal(undone.code, 0, undone.stderr);
  for (const [i, { name, bytes }] of shapes.entries())
    t.ok((await read(folder, nameOf(i))).equals(bytes), name);
  t.equal((await stat(join(folder, nameOf(1)))).mode & 0o777, 0o640);
  for (const file of await filesIn(device.configDir)) t.same(search(await readFile(file)), [], file);
});

/** Arguments and variables of a process, read as long as it lives. */
async function watchProcess(pid: number, ended: Promise<unknown>): Promise<string> {
  const over = new AbortController();
  void ended.then(() => over.abort());
  let seen = "";
  while (!over.signal.aborted) {
    for (const name of ["cmdline", "environ"]) {
      seen += await readFile(`/proc/${pid}/${name}`, "utf8").catch(() => "");
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return seen;
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

void t.test("two keys of one provider are two projects, each with its own placeholder", async (t) => {
  const folder = await device.folder();
  const [dev, prod] = [madeUpKeys().openai, madeUpKeys().openai];
  await write(folder, ".env", `OPENAI_API_KEY=${dev}\n`);
  await write(folder, ".env.production", `OPENAI_API_KEY=${prod}\n`);
  t.equal((await device.run(["init", "--yes"], { cwd: folder })).code, 0);
  const placeholders = [parse(await read(folder)), parse(await read(folder, ".env.production"))].map(
    ({ OPENAI_API_KEY = "" }) => OPENAI_API_KEY,
  );
  t.not(placeholders[0], placeholders[1]);
  const added = madeUpKeys().anthropic;
  await write(folder, ".env.local", `ANTHROPIC_API_KEY=${added}\n`);
  t.equal((await device.run(["init", "--yes"], { cwd: folder })).code, 0, "a key that came later");
  t.equal(parse(await read(folder, ".env.local")).ANTHROPIC_API_KEY, placeholders[0], "joins the project");
  t.equal((await device.run(["init", "--undo", "--yes"], { cwd: folder })).code, 0);
  t.equal(String(await read(folder)), `OPENAI_API_KEY=${dev}\n`);
  t.equal(String(await read(folder, ".env.production")), `OPENAI_API_KEY=${prod}\n`);
  t.equal(String(await read(folder, ".env.local")), `ANTHROPIC_API_KEY=${added}\n`);
});

void t.test("links are followed within the folder only", async (t) => {
  const [folder, elsewhere] = [await device.folder(), await device.folder()];
  const { openai, anthropic } = madeUpKeys();
  await write(elsewhere, "secret", `OPENAI_API_KEY=${openai}\n`);
  await mkdir(join(folder, "config"));
  await write(folder, "config/dev.env", `ANTHROPIC_API_KEY=${anthropic}\n`);
  await symlink(join(elsewhere, "secret"), join(folder, ".env"));
  await symlink("config/dev.env", join(folder, ".env.local"));
  await symlink("nowhere", join(folder, ".env.broken"));
  await mkdir(join(folder, ".env.d"));
  const { code, stderr } = await device.run(["init", "--yes"], { cwd: folder });
  t.equal(code, 0, stderr);
  t.match(stderr, /\.env: a link out of this folder/);
  t.equal(String(await read(elsewhere, "secret")), `OPENAI_API_KEY=${openai}\n`, "untouched");
  t.match(String(await read(folder, "config/dev.env")), /^ANTHROPIC_API_KEY=vpg_/);
  t.ok((await lstat(join(folder, ".env.local"))).isSymbolicLink(), "the link is still one");
});

void t.test(
  "a file that git has is warned about, a sample is left alone, a key in the shell is named",
  async (t) => {
    const folder = await device.folder();
    const { openai } = madeUpKeys();
    const sample = "OPENAI_API_KEY=sk-your-key-here-0123456789\nMISTRAL_API_KEY=abcdefghijklmnopqrstuvwx\n";
    await write(folder, ".env", `OPENAI_API_KEY=${openai}\n`);
    await write(folder, ".env.example", sample);
    const git = (...args: string[]) =>
      execFileSync("git", ["-C", folder, "-c", "user.name=t", "-c", "user.email=t@t", ...args]);
    git("init", "-q");
    git("add", ".env");
    git("commit", "-qm", "oops");
    const { code, stderr } = await device.run(["init", "--yes"], {
      cwd: folder,
      env: { OPENAI_API_KEY: madeUpKeys().openai },
    });
    t.equal(code, 0, stderr);
    t.match(stderr, /\.env is in git's history: .*Make new ones at the provider/);
    t.match(stderr, /OPENAI_API_KEY is set in this shell too and overrides/);
    t.equal(String(await read(folder, ".env.example")), sample);
  },
);

void t.test("a key that cannot go into the vault is said to be left alone", async (t) => {
  const folder = await device.folder();
  const { openai, mistral } = madeUpKeys();
  const odd = `ANTHROPIC_API_KEY=${mistral}\n`;
  await write(folder, ".env", odd);
  const nothing = await device.run(["init", "--yes"], { cwd: folder });
  t.equal(nothing.code, 0, nothing.stderr);
  t.match(nothing.stderr, /\.env:1: ANTHROPIC_API_KEY is left alone: its value does not look like/);
  t.match(nothing.stdout, /nothing was changed: 1 key was left alone/);
  t.notMatch(nothing.stdout + nothing.stderr, mistral);
  await write(folder, ".env", `${odd}OPENAI_API_KEY=${openai}\n`);
  const one = await device.run(["init", "--yes"], { cwd: folder });
  t.match(one.stdout, /done: the key is in the vault.*\n.*1 key was left alone/);
  t.match(String(await read(folder)), odd, "it is as it was");
});

void t.test("undo keeps what was changed since, and gives up no key that has no place", async (t) => {
  const folder = await device.folder();
  const { openai, anthropic } = madeUpKeys();
  await write(folder, ".env", `OPENAI_API_KEY=${openai}\nANTHROPIC_API_KEY=${anthropic}\n`);
  t.equal((await device.run(["init", "--yes"], { cwd: folder })).code, 0);
  const placeholders = String(await read(folder));
  await write(folder, ".env", placeholders.replace(/^ANTHROPIC_API_KEY=.*\n/m, "NEW=1\n"));
  const refused = await device.run(["init", "--undo", "--yes"], { cwd: folder });
  t.equal(refused.code, 1);
  t.match(refused.stderr, /no longer have a place for ANTHROPIC_API_KEY/);
  t.equal(String(await read(folder)), `OPENAI_API_KEY=${openai}\nNEW=1\n`, "the other one is back");
  await write(folder, ".env", `${placeholders}LATER=2\n`);
  const undone = await device.run(["init", "--undo", "--yes"], { cwd: folder });
  t.equal(undone.code, 0, undone.stderr);
  t.equal(String(await read(folder)), `OPENAI_API_KEY=${openai}\nANTHROPIC_API_KEY=${anthropic}\nLATER=2\n`);
});

void t.test("forgetting ends undoing; without the service files come back all the same", async (t) => {
  const folder = await device.folder();
  const { openai } = madeUpKeys();
  const original = `OPENAI_API_KEY=${openai}\n`;
  await write(folder, ".env", original);
  t.equal((await device.run(["init", "--undo", "--yes"], { cwd: folder })).code, 1, "nothing was done here");
  t.equal((await device.run(["init"], { cwd: folder })).code, 2, "nobody can be asked");
  t.equal((await device.run(["init", "--undo", "--forget"], { cwd: folder })).code, 2);
  const away = await stack.startEdge(stack.servers[0]?.url ?? "");
  const env = { VAULTPROOF_URL: away.url };
  t.equal(
    (await device.run(["init", "--yes"], { cwd: folder, env })).code,
    6,
    "an address that was never pinned",
  );
  t.equal(String(await read(folder)), original);
  t.equal((await device.run(["config", "set", "url", away.url], { env })).code, 0);
  t.equal((await device.run(["config", "set", "server-identity", stack.identity], { env })).code, 0);
  t.equal((await device.run(["init", "--yes"], { cwd: folder, env })).code, 0);
  await away.child.stop();
  const undone = await device.run(["init", "--undo", "--yes"], { cwd: folder, env });
  t.equal(undone.code, 0, undone.stderr);
  t.match(undone.stderr, /keys revoke [0-9a-f-]{36}/);
  t.equal(String(await read(folder)), original);
  await device.run(["config", "set", "url", stack.edgeUrl]);
  await device.run(["config", "set", "server-identity", stack.identity]);
  t.equal((await device.run(["init", "--yes"], { cwd: folder })).code, 0);
  t.equal((await device.run(["init", "--forget", "--yes"], { cwd: folder })).code, 0);
  const late = await device.run(["init", "--undo", "--yes"], { cwd: folder });
  t.equal(late.code, 1);
  t.match(late.stderr, /deleted by --forget/);
});

void t.test("two at once in one folder: one does it all, and it can be undone", async (t) => {
  const folder = await device.folder();
  const original = `OPENAI_API_KEY=${madeUpKeys().openai}\n`;
  await write(folder, ".env", original);
  const ends = await Promise.all([1, 2, 3].map(() => device.run(["init", "--yes"], { cwd: folder })));
  for (const { code, stderr } of ends) t.ok(code === 0 || /init (?:is at work|was run)/.test(stderr), stderr);
  t.equal((await device.run(["init", "--yes"], { cwd: folder })).code, 0);
  t.match(String(await read(folder)), /^OPENAI_API_KEY=vpg_/);
  const undone = await device.run(["init", "--undo", "--yes"], { cwd: folder });
  t.equal(undone.code, 0, undone.stderr);
  t.equal(String(await read(folder)), original);
});

void t.test("what is found after --forget can be undone, and the forgotten keys stay", async (t) => {
  const folder = await device.folder();
  const [first, second] = [madeUpKeys().openai, madeUpKeys().openai];
  await write(folder, ".env", `OPENAI_API_KEY=${first}\n`);
  t.equal((await device.run(["init", "--yes"], { cwd: folder })).code, 0);
  t.equal((await device.run(["init", "--forget", "--yes"], { cwd: folder })).code, 0);
  const placeholder = parse(await read(folder)).OPENAI_API_KEY ?? "";
  const edited = String(await read(folder)).replace(placeholder, second);
  await write(folder, ".env", edited);
  t.equal((await device.run(["init", "--yes"], { cwd: folder })).code, 0);
  t.notOk(String(await read(folder)).includes(second));
  const undone = await device.run(["init", "--undo", "--yes"], { cwd: folder });
  t.equal(undone.code, 0, undone.stderr);
  t.equal(String(await read(folder)), edited);
  t.equal((await slotsLike(folder)).length, 1, "the one whose key is nowhere else is as it was");
  const again = await device.run(["init", "--undo", "--yes"], { cwd: folder });
  t.match(again.stderr, /deleted by --forget/);
});

void t.test("undo ends no slot that holds a newer key than the file", async (t) => {
  const folder = await device.folder();
  const original = `OPENAI_API_KEY=${madeUpKeys().openai}\n`;
  await write(folder, ".env", original);
  t.equal((await device.run(["init", "--yes"], { cwd: folder })).code, 0);
  const [slot = ""] = await slotsLike(folder);
  const rotated = await device.run(["keys", "rotate", slot, "-", "--yes"], { input: madeUpKeys().openai });
  t.equal(rotated.code, 0, rotated.stderr);
  const undone = await device.run(["init", "--undo", "--yes"], { cwd: folder });
  t.equal(undone.code, 0, undone.stderr);
  t.equal(String(await read(folder)), original);
  t.match(undone.stderr, /holds a newer key.*stays in the vault/);
  t.same(await slotsLike(folder), [slot], "the newer key is nowhere else");
});

/** Ids of the active slots that init made in a folder. */
async function slotsLike(folder: string): Promise<string[]> {
  const { stdout } = await device.run(["keys", "list", "--json"]);
  const { keySlots } = JSON.parse(stdout) as { keySlots: { id: string; label: string }[] };
  const name = folder.split("/").at(-1) ?? "";
  return keySlots.filter(({ label }) => label.startsWith(`${name} `)).map(({ id }) => id);
}
