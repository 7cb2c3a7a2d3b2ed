import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { CliError } from "vaultproof/errors";
import { runChild } from "vaultproof/exec/run-child";

const ENV = { PATH: process.env.PATH ?? "" };

async function temporary(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "vaultproof-child-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function runNode(script: string, onTerminal = false): Promise<number> {
  return runChild({ command: process.execPath, args: ["-e", script], env: ENV, onTerminal });
}

/** Resolves once a file is there. */
async function written(file: string): Promise<string> {
  for (;;) {
    const text = await readFile(file, "utf8").catch(() => "");
    if (text !== "") return text;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

void t.test("exit codes and signals of the program", async (t) => {
  t.equal(await runNode("process.exit(0)"), 0);
  t.equal(await runNode("process.exit(7)"), 7);
  // No Node: a test's own listens for signals.
  const killed = (signal: string): Promise<number> =>
    runChild({ command: "sh", args: ["-c", `kill -${signal} $$`], env: ENV, onTerminal: false });
  t.equal(await killed("KILL"), 137);
  t.equal(await killed("TERM"), 143);
});

void t.test("a program that cannot be started", async (t) => {
  const folder = await temporary(t);
  const file = join(folder, "no-program");
  const listeners = process.listenerCount("SIGUSR2");
  await writeFile(file, "", { mode: 0o600 });
  const tooLong = "x".repeat(5000);
  const cases: readonly { command: string; args?: string[]; code: string; says: RegExp }[] = [
    { command: "no-such-program-here", code: "command-not-found", says: /no program no-such-program-here$/ },
    { command: "", code: "command-not-found", says: /no program ""$/ },
    { command: join(file, "x"), code: "command-not-found", says: /no program .*no-program.x$/ },
    { command: tooLong, code: "command-not-found", says: /no program x{20,200}…$/ },
    { command: file, code: "command-not-runnable", says: /may not be run$/ },
    { command: folder, code: "command-not-runnable", says: /may not be run$/ },
    { command: "a\0b", code: "command-not-runnable", says: /cannot be run \(ERR_INVALID_ARG_VALUE\)$/ },
    { command: "true", args: ["a\0b"], code: "command-not-runnable", says: /^true cannot be run/ },
    {
      command: "true",
      args: ["x".repeat(3e6)],
      code: "command-not-runnable",
      says: /arguments .* too long$/,
    },
  ];
  for (const { command, args = [], code, says } of cases) {
    const error: unknown = await runChild({ command, args, env: ENV, onTerminal: false }).catch(
      (error: unknown) => error,
    );
    t.ok(error instanceof CliError, says.source);
    t.match(error, { code, message: says });
  }
  t.equal(process.listenerCount("SIGUSR2"), listeners, "the signals are given back");
});

void t.test("what this process is sent goes to the program, but for what a terminal sent both", async (t) => {
  const folder = await temporary(t);
  for (const onTerminal of [false, true]) {
    const file = join(folder, String(onTerminal));
    const script = `
      const { writeFileSync } = require("node:fs");
      const seen = [];
      process.on("SIGINT", () => seen.push("SIGINT"));
      process.on("SIGUSR2", () => setTimeout(() => {
        writeFileSync("${file}", seen.join() || "nothing");
        process.exit(0);
      }, 100));
      setInterval(() => {}, 1000);
      writeFileSync("${file}.ready", "yes");`;
    const running = runNode(script, onTerminal);
    await written(`${file}.ready`);
    const got = once(process, "SIGINT");
    process.kill(process.pid, "SIGINT");
    await got;
    process.kill(process.pid, "SIGUSR2");
    t.equal(await running, 0);
    t.equal(await written(file), onTerminal ? "nothing" : "SIGINT");
  }
});
