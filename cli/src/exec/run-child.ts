import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { CliError } from "../errors.js";

/** Passed on whoever sends them. */
const FORWARDED = ["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;
/** A terminal sends these to its whole foreground group, the program included. */
const FROM_TERMINAL = ["SIGINT", "SIGQUIT"] as const;
const SIGNAL_BASE = 128;

/**
 * Runs a program with this process's input and output, passes signals on to it and waits for its end.
 *
 * @param options.onTerminal whether a terminal controls this process: then what Ctrl-C sends has reached the program
 *   already, and a second one would make many programs give up at once.
 * @returns the program's exit code, or 128 + n where signal n ended it.
 * @throws CliError `command-not-found`, `command-not-runnable`.
 */
export async function runChild(options: {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly onTerminal: boolean;
}): Promise<number> {
  const { command, args, env, onTerminal } = options;
  const child = spawn(command, [...args], { env, stdio: "inherit" });
  const release = passSignals(child, onTerminal);
  try {
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    return code ?? SIGNAL_BASE + (signal === null ? 0 : constants.signals[signal]);
  } catch (cause) {
    throw startError(command, cause as NodeJS.ErrnoException);
  } finally {
    release();
  }
}

function passSignals(child: ChildProcess, onTerminal: boolean): () => void {
  const forward = (signal: NodeJS.Signals): void => {
    child.kill(signal);
  };
  const ignore = (): void => undefined;
  // Should this process end by an error of its own, the program must not be left behind.
  const end = (): void => {
    child.kill("SIGTERM");
  };
  process.once("exit", end);
  for (const signal of FORWARDED) process.on(signal, forward);
  for (const signal of FROM_TERMINAL) process.on(signal, onTerminal ? ignore : forward);
  return () => {
    process.off("exit", end);
    for (const signal of FORWARDED) process.off(signal, forward);
    for (const signal of FROM_TERMINAL) process.off(signal, forward).off(signal, ignore);
  };
}

function startError(command: string, cause: NodeJS.ErrnoException): unknown {
  if (cause.code === "ENOENT")
    return new CliError("command-not-found", `there is no program ${command}`, { cause });
  if (cause.code === "EACCES")
    return new CliError("command-not-runnable", `${command} may not be run`, { cause });
  return cause;
}
