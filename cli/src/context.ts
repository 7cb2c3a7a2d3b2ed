import type { Readable, Writable } from "node:stream";
import type { Environment } from "./environment.js";

/** What a command acts with. */
export interface CommandContext {
  readonly env: Environment;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  /** The folder in which the command was given. */
  readonly cwd: string;
  /** Says with which code the process is to end when nothing throws; 0 unless said. */
  setExitCode(code: number): void;
}

/** Whether there is somebody to ask: both ends of a question are a terminal. */
export function canAsk({ stdin, stderr, env }: CommandContext): boolean {
  return stdin.isTTY === true && stderr.isTTY === true && (env.CI ?? "") === "";
}
