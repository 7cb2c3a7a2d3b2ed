import { Command, CommanderError } from "commander";
import { auditVerify, type AuditVerifyOptions } from "./commands/audit-verify.js";
import { demo } from "./commands/demo.js";
import { up } from "./commands/up.js";
import { CliError, describeError } from "./errors.js";
import type { Environment } from "./environment.js";

const VERSION = "0.1.0";

/**
 * Runs the `vaultproof` command and sets the exit code of the process: 0 for success, 1 for everything else; 2 where
 * `audit` was used wrongly, so that it is told from a log that does not verify.
 *
 * @param argv as `process.argv`.
 */
export async function run(argv: readonly string[], env: Environment): Promise<void> {
  const debug = (env.DEBUG ?? "") !== "";
  try {
    process.exitCode = await dispatch(argv, env);
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has already said what is wrong, or printed what was asked for.
      process.exitCode = error.exitCode;
      return;
    }
    console.error(describeError(error, { debug }));
    // What was given up halfway, such as a proof that nobody waits for, must not keep the process.
    process.exit(error instanceof CliError ? error.exitCode : 1);
  }
}

async function dispatch(argv: readonly string[], env: Environment): Promise<number> {
  let exitCode = 0;
  const program = new Command("vaultproof")
    .description("An API-key vault: apps call a provider without anybody holding its key at rest.")
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError("  hint: vaultproof --help lists the commands")
    .configureOutput({
      outputError: (text, write) => {
        write(`vaultproof: ${text}`);
      },
    });
  program
    .command("up")
    .description("start server and edge in one process, with an embedded database unless DATABASE_URL is set")
    .addHelpText("after", "\nReads the variables of docs/configuration.md. Ctrl-C or SIGTERM stops it.")
    .allowExcessArguments(false)
    .action(async () => {
      exitCode = await up({ env, output: process.stdout });
    });
  program
    .command("demo")
    .description("store a key, make proved calls and have five requests refused, for real, on this machine")
    .addHelpText("after", DEMO_HELP)
    .allowExcessArguments(false)
    .action(async () => {
      exitCode = await demo({ env, output: process.stdout });
    });
  addAudit(program, async (options) => {
    exitCode = await auditVerify(options, { env, output: process.stdout, input: process.stdin });
  });
  await program.parseAsync([...argv]);
  return exitCode;
}

function addAudit(program: Command, verify: (options: AuditVerifyOptions) => Promise<void>): void {
  const misused = (error: CommanderError): never => {
    throw new CommanderError(error.exitCode === 0 ? 0 : 2, error.code, error.message);
  };
  const audit = program.command("audit").description("the log of calls and management").exitOverride(misused);
  audit
    .command("verify")
    .description("check an export of the log offline, and name the first row that is not as it was written")
    .argument("<file.csv>", "the export; - for standard input")
    .option("--head <file.json>", "the head and base that came with it (default: <file.csv>.head.json)")
    .option("--server-identity <fingerprint>", "the server that must have signed them")
    .addHelpText("after", AUDIT_HELP)
    .allowExcessArguments(false)
    .exitOverride(misused)
    .action(async (file: string, options: Omit<AuditVerifyOptions, "file">) => {
      await verify({ file, ...options });
    });
}

const AUDIT_HELP = `
The two files come from the SDK:

  const { csv, ...heads } = await vault.keys.exportLogs(keySlotId)
  writeFileSync("calls.csv", csv)
  writeFileSync("calls.csv.head.json", JSON.stringify(heads))

Exit code 0 for a log that is whole and as it was written, 1 for one that is not, 2 for wrong usage.`;

const DEMO_HELP = `
Everything happens in a temporary folder and against a provider on this machine, unless:

  PROVIDER_KEY=…                     stores this key instead of a random one
  PROVIDER=openai PROVIDER_KEY=…     calls the real provider (openai, anthropic, google, together,
                                     mistral, groq or deepseek); it lists the models, which costs nothing

Exit code 0 only if every answer came out exactly as it must.`;
