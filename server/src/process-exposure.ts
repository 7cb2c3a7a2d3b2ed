import { readFileSync } from "node:fs";
import { url as debuggerUrl } from "node:inspector";
import { ConfigError, type ProcessEnvironment } from "./config.js";

/** Options of Node that open the memory to others, write it or the environment to disk, or the keys of TLS. */
const EXPOSING: ReadonlySet<string> = new Set([
  "--inspect",
  "--inspect-brk",
  "--inspect-wait",
  "--heapsnapshot-signal",
  "--heapsnapshot-near-heap-limit",
  "--report-on-fatalerror",
  "--report-on-signal",
  "--report-uncaught-exception",
  "--abort-on-uncaught-exception",
  "--tls-keylog",
  "--trace-tls",
]);

/** How a process was started, as far as that exposes what it holds. */
export interface ProcessStart {
  /** `process.execArgv`. */
  readonly execArgv: readonly string[];
  readonly env: ProcessEnvironment;
  /** Whether a debugger can connect already. */
  readonly isInspected: boolean;
}

/**
 * What exposes the memory of a process or the keys that it sends: one sentence each, none of them with a value. Node
 * takes its options from the command line and from `NODE_OPTIONS`, with `-` or `_` in their names.
 */
export function findExposure({ execArgv, env, isInspected }: ProcessStart): string[] {
  const words = [...execArgv, ...(env.NODE_OPTIONS ?? "").split(/[\s"]+/)];
  const options = words.map((word) => (word.split("=", 1)[0] ?? "").replaceAll("_", "-"));
  const found = new Set(options.filter((option) => EXPOSING.has(option)));
  const problems = [...found].map((option) => `node must not run with ${option} in production`);
  if (isInspected && problems.length === 0) problems.push("no debugger may be attached in production");
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === "0") {
    problems.push("NODE_TLS_REJECT_UNAUTHORIZED must not be 0 in production: keys would be sent to anybody");
  }
  return problems;
}

/**
 * Refuses to go on in a process whose memory is open to others, and closes one way to open it later: without a listener,
 * `SIGUSR1` starts Node's debugger.
 *
 * @throws ConfigError naming what has to go.
 */
export function guardMemory(env: ProcessEnvironment): void {
  const { execArgv } = process;
  const problems = findExposure({ execArgv, env, isInspected: debuggerUrl() !== undefined });
  if (problems.length > 0) throw new ConfigError(problems);
  process.on("SIGUSR1", ignore);
}

/** Whether this process may leave a core dump; false where that cannot be told. */
export function mayDumpCore(): boolean {
  try {
    const limit = /^Max core file size +(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
    return limit !== null && limit[1] !== "0";
  } catch {
    return false;
  }
}

function ignore(): void {
  // Taking the signal is all.
}
