import { readFile, realpath, stat } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import t, { type Test } from "tap";
import { runCommand, type CommandOptions, type RunningCommand } from "../helpers/command.js";
import { createTestDatabase, postgresSkipReason } from "../helpers/databases.js";

const QUIET_ON_FREE_PORTS = { EDGE_PORT: "0", SERVER_PORT: "0", OPS_PORT: "0", LOG_LEVEL: "error" };
const HEALTHY = '{"status":"ok","service":"vaultproof-edge","secured":true}';

// A dozen starts of the whole stack, on a machine that may be busy.
t.setTimeout(600_000);

void t.test("the stack comes up, is healthy, stops on either signal, and keeps its identity", async (t) => {
  const DATA_DIR = t.testdir();
  const first = up(t, { DATA_DIR });
  const stack = await shown(first);
  t.same(await get(`${stack.edge}/health`), { status: 200, body: HEALTHY });
  t.same(await get(`${stack.backend}/api/v1/keys/list`), { status: 403, body: '{"error":"Forbidden"}' });
  t.equal((await get(`${stack.operations}/ready`)).status, 200);
  t.equal((await stat(join(DATA_DIR, "secrets.json"))).mode & 0o777, 0o600);
  first.child.kill("SIGTERM");
  t.equal(await first.exited, 0);
  t.equal(first.stderr, "");

  const second = up(t, { DATA_DIR });
  t.equal((await shown(second)).identity, stack.identity);
  // As Ctrl-C under npm does: from the terminal and from npm.
  second.child.kill("SIGINT");
  second.child.kill("SIGINT");
  t.equal(await second.exited, 0);
});

void t.test(
  "a folder that another process has open is an error, and that process is not disturbed",
  async (t) => {
    const DATA_DIR = t.testdir();
    const first = up(t, { DATA_DIR });
    const { edge } = await shown(first);
    const second = up(t, { DATA_DIR });
    t.equal(await second.exited, 1);
    explains(t, second, /data folder is in use/, /DATA_DIR/);
    t.equal((await get(`${edge}/health`)).status, 200);
    first.child.kill("SIGTERM");
    t.equal(await first.exited, 0);
  },
);

void t.test("a port in use is an error that names its variable", async (t) => {
  const taken = createServer().listen(0, "127.0.0.1");
  t.teardown(() => taken.close());
  await new Promise((resolve) => taken.once("listening", resolve));
  const port = String((taken.address() as AddressInfo).port);
  const DATA_DIR = t.testdir();
  for (const variable of ["EDGE_PORT", "SERVER_PORT", "OPS_PORT"]) {
    const command = up(t, { DATA_DIR, [variable]: port });
    t.equal(await command.exited, 1);
    explains(t, command, new RegExp(`port ${port} \\(${variable}\\) is in use`), /another port/);
  }
});

void t.test("wrong variables are errors of one line that show no value", async (t) => {
  const cases = [
    { env: { SERVER_PORT: "eighty" }, names: /SERVER_PORT/, hidden: "eighty" },
    { env: { EDGE_TRUSTED_PROXIES: "everybody" }, names: /EDGE_TRUSTED_PROXIES/, hidden: "everybody" },
    { env: { SERVER_ENCRYPTION_KEY: "c2hvcnQ=" }, names: /SERVER_ENCRYPTION_KEY/, hidden: "c2hvcnQ=" },
    { env: { NODE_ENV: "production" }, names: /DATABASE_URL/, hidden: "undefined" },
    {
      env: { DATABASE_URL: "postgres://somebody:pass-word@127.0.0.1:1/none" },
      names: /PostgreSQL cannot be reached/,
      hidden: "pass-word",
    },
  ];
  for (const { env, names, hidden } of cases) {
    const command = up(t, { DATA_DIR: t.testdir(), ...env });
    t.equal(await command.exited, 1);
    explains(t, command, names, /hint/);
    t.notOk((command.stderr + command.stdout).includes(hidden), `${hidden} is not shown`);
  }
});

void t.test("with DATABASE_URL it uses that PostgreSQL", { skip: await postgresSkipReason() }, async (t) => {
  const database = await createTestDatabase();
  t.teardown(() => database.drop());
  const DATA_DIR = t.testdir();
  const command = up(t, { DATA_DIR, DATABASE_URL: database.url });
  const { edge } = await shown(command);
  t.match(command.stdout, /database +PostgreSQL/);
  t.equal((await get(`${edge}/health`)).status, 200);
  await t.rejects(stat(join(DATA_DIR, "database")), { code: "ENOENT" }, "no embedded database beside it");
  command.child.kill("SIGTERM");
  t.equal(await command.exited, 0);
});

void t.test(
  "it keeps its data below the folder in which it is started, says where, and hides it from git",
  async (t) => {
    const cwd = await realpath(t.testdir());
    const command = up(t, { DATA_DIR: "" }, { cwd });
    await shown(command);
    t.match(command.stdout, `PGlite in ${join(cwd, ".vaultproof")}\n`);
    t.equal(await readFile(join(cwd, ".vaultproof", ".gitignore"), "utf8"), "*\n");
    command.child.kill("SIGTERM");
    t.equal(await command.exited, 0);
  },
);

void t.test("wrong arguments are refused with usage; help and version are not errors", async (t) => {
  const wrong = {
    "no command": [],
    "unknown command": ["dwon"],
    option: ["up", "--port"],
    surplus: ["up", "x"],
  };
  for (const [name, args] of Object.entries(wrong)) {
    const command = runCommand(args);
    t.equal(await command.exited, 2, name);
    t.match(command.stderr, /Usage|vaultproof (up )?--help/, name);
    t.notMatch(command.stderr, /\n +at .+:\d+:\d+/, name);
  }
  const help = runCommand(["--help"]);
  t.equal(await help.exited, 0);
  t.match(help.stdout, /demo/);
  const version = runCommand(["--version"]);
  t.equal(await version.exited, 0);
  t.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
});

function up(t: Test, env: Record<string, string>, options?: CommandOptions): RunningCommand {
  const command = runCommand(["up"], { ...QUIET_ON_FREE_PORTS, ...env }, options);
  t.teardown(() => command.child.kill("SIGKILL"));
  return command;
}

async function shown(command: RunningCommand) {
  await command.waitFor(/Ctrl-C stops it/);
  const read = (name: string) => new RegExp(`^ *${name} +(\\S+) `, "m").exec(command.stdout)?.[1] ?? "";
  const edge = read("edge");
  return { edge, backend: read("backend"), operations: read("operations"), identity: read("identity") };
}

/** One line of error, one hint, no stack. */
function explains(t: Test, command: RunningCommand, message: RegExp, hint: RegExp): void {
  const lines = command.stderr.trimEnd().split("\n");
  t.equal(lines.length, 2, command.stderr);
  t.match(lines[0], /^vaultproof: error: /);
  t.match(lines[0], message);
  t.match(lines[1], hint);
}

async function get(url: string): Promise<{ status: number; body: string }> {
  const response = await fetch(url);
  return { status: response.status, body: await response.text() };
}
