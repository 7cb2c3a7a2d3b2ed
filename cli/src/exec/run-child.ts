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
  const child = start(command, args, env);
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

/** Some of what keeps a program from starting is thrown at once, the rest comes as an event. */
function start(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): ChildProcess {
  // Nothing of that name can be there; Node tells it as an error of whoever calls it.
  if (command === "") throw startError(command, { code: "ENOENT" });
  try {
    return spawn(command, [...args], { env, stdio: "inherit" });
  } catch (cause) {
    throw startError(command, cause as NodeJS.ErrnoException);
  }
}

/** Where no file of that name can be. */
const NOT_THERE = ["ENOENT", "ENOTDIR", "ENAMETOOLONG"];
const SHOWN_CHARS = 100;

/** As shells do, whatever else keeps it from running is told apart from a program that is not there. */
function startError(command: string, cause: Pick<NodeJS.ErrnoException, "code">): CliError {
  const { code = "unknown" } = cause;
  const shown = command.length > SHOWN_CHARS ? `${command.slice(0, SHOWN_CHARS)}…` : command || '""';
  if (NOT_THERE.includes(code))
    return new CliError("command-not-found", `there is no program ${shown}`, { cause });
  if (code === "E2BIG") {
    const hint = "give it less, for example by a file";
    return new CliError(
      "command-not-runnable",
      `the arguments and the environment of ${shown} are too long`,
      {
        cause,
        hint,
      },
    );
  }
  const why = code === "EACCES" || code === "EPERM" ? "may not be run" : `cannot be run (${code})`;
  return new CliError("command-not-runnable", `${shown} ${why}`, { cause });
}
