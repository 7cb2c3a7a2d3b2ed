import type { Command } from "commander";
import type { CommandContext } from "../context.js";
import type { Output } from "../output.js";

/** What every command with a result understands. */
export interface CommonOptions {
  readonly json?: boolean | undefined;
}

/** And those that talk to the service. */
export interface ServiceOptions extends CommonOptions {
  readonly url?: string;
}

/** Adds `--json`. */
export function withJson(command: Command): Command {
  return command.option("--json", "print the result as one JSON document");
}

/** Where a command that goes on for a while says what it does: with `--json` standard output is the documents' alone. */
export function wordsTo({ stdout, stderr }: CommandContext, { json }: CommonOptions): Output {
  return json === true ? stderr : stdout;
}

/** Adds `--json` and `--url`. */
export function withService(command: Command): Command {
  return withJson(command).option(
    "--url <origin>",
    "address of the service (else VAULTPROOF_URL, else that of login)",
  );
}

/** Adds `--yes`. */
export function withYes(command: Command): Command {
  return command.option("-y, --yes", "do it without asking");
}

/** Adds the ways in which a key is handed over. */
export function withKeySource(command: Command): Command {
  return command.option("--key-fd <number>", "read the key from this file descriptor");
}
