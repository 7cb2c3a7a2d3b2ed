import type { Command } from "commander";
import type { CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import { forgetBackups } from "../init/forget.js";
import { runInit } from "../init/run-init.js";
import { undoInit } from "../init/undo.js";
import { createReport } from "../report.js";
import { withService, withYes, type ServiceOptions } from "./options.js";

interface InitCommandOptions extends ServiceOptions {
  readonly dryRun?: boolean;
  readonly undo?: boolean;
  readonly forget?: boolean;
  readonly evenIfLost?: boolean;
  readonly yes?: boolean;
  readonly gatewayPort?: string;
}

const HELP = `
Looks at .env, .env.*, .envrc and .envrc.* in this folder. Each provider's key that it finds is split here and stored;
the file then holds a placeholder, and the variable that leads the provider's clients to the gateway on this machine,
such as OPENAI_BASE_URL.
An encrypted backup is kept until --forget, which makes sure first that the vault has each key. It may be interrupted at
any moment: run it again and it goes on.

  vaultproof init --dry-run    show what is there and what would happen
  vaultproof init --undo       put every file back as it was`;

/** `vaultproof init`. */
export function registerInit(program: Command, context: CommandContext): void {
  const command = program
    .command("init")
    .description("put the keys in this folder's .env files into the vault, placeholders in their place")
    .option("--dry-run", "show what would be done and change nothing")
    .option("--undo", "put the keys back and end their slots")
    .option("--forget", "delete the encrypted backup; --undo is over then")
    .option("--even-if-lost", "with --forget: do not look whether a key is in the backup alone")
    .option("--gateway-port <port>", "where the gateway will listen on this machine (default: 8790)")
    .addHelpText("after", HELP);
  withYes(withService(command)).action(async (options: InitCommandOptions) => {
    const report = createReport(context, options);
    const chosen = [options.dryRun, options.undo, options.forget].filter((flag) => flag === true);
    if (chosen.length > 1)
      throw new CliError("input-invalid", "--dry-run, --undo and --forget are three things");
    if (options.evenIfLost === true && options.forget !== true)
      throw new CliError("input-invalid", "--even-if-lost goes with --forget");
    if (options.undo === true) return undoInit(context, options, report);
    if (options.forget === true) return forgetBackups(context, options, report);
    const port = options.gatewayPort;
    return runInit(
      context,
      { ...options, gateway: port === undefined ? undefined : gatewayAt(port) },
      report,
    );
  });
}

function gatewayAt(port: string): string {
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  if (number < 1 || number > 65_535)
    throw new CliError("input-invalid", "--gateway-port is a port: 1 to 65535");
  return `http://127.0.0.1:${number}`;
}
