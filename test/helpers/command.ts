import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { openSync, closeSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The committed entry of the command, as `npx vaultproof` runs it. */
const BIN = fileURLToPath(new URL("../../../cli/bin/vaultproof.js", import.meta.url));

/** WebAssembly compiled once and fast, as for the tests themselves (.taprc). */
const SHORT_LIVED = ["--liftoff-only"];

/** The `vaultproof` command running in a process of its own. */
export interface RunningCommand {
  readonly child: ChildProcess;
  readonly stdout: string;
  readonly stderr: string;
  /** Waits until standard output matches; gives the match. Rejects if the process ends before. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** Waits for the end; gives the exit code, or null after a signal. */
  readonly exited: Promise<number | null>;
}

export interface CommandOptions {
  /** Where it runs; the test's own folder unless told. */
  readonly cwd?: string;
  /** What it reads on standard input; nothing unless told. */
  readonly input?: string;
  /** A file that it has open as descriptor 3. */
  readonly descriptor3?: string;
}

/**
 * Runs `vaultproof` with nothing of this process's environment but what a program needs to run at all, and `env`.
 * Give the end of the test to `child.kill`.
 */
export function runCommand(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  options: CommandOptions = {},
): RunningCommand {
  const inherited = ["PATH", "HOME", "TMPDIR", "CRS_PATH"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const { cwd, input, descriptor3 } = options;
  const opened = descriptor3 === undefined ? undefined : openSync(descriptor3, "r");
  const child = spawn(process.execPath, [...SHORT_LIVED, BIN, ...args], {
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: [
      input === undefined ? "ignore" : "pipe",
      "pipe",
      "pipe",
      ...(opened === undefined ? [] : [opened]),
    ],
    ...(cwd === undefined ? {} : { cwd }),
  });
  if (opened !== undefined) closeSync(opened);
  // It may have ended, and refused to read, before all was written.
  child.stdin?.on("error", () => undefined).end(input);
  return watch(child);
}

function watch(child: ChildProcess): RunningCommand {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const exited = once(child, "close").then(([code]) => code as number | null);
  return {
    child,
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
    exited,
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(stdout);
          if (match === null) return;
          child.stdout?.off("data", look);
          resolve(match);
        };
        child.stdout?.on("data", look);
        look();
        void exited.then((code) => {
          reject(new Error(`ended with ${String(code)} before ${String(pattern)}\n${stdout}\n${stderr}`));
        });
      }),
  };
}
