import { Command, CommanderError } from "commander";
import { demo } from "./commands/demo.js";
import { registerExec } from "./commands/exec.js";
import { registerGateway } from "./commands/gateway.js";
import { up } from "./commands/up.js";
import { describeError } from "./errors.js";
import type { Environment } from "./environment.js";

const VERSION = "0.1.0";

/**
 * Runs the `vaultproof` command and sets the exit code of the process: 0 for success, 1 for everything else.
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
    process.exit(1);
  }
}

async function dispatch(argv: readonly string[], env: Environment): Promise<number> {
  let exitCode = 0;
  const program = new Command("vaultproof")
    .description("An API-key vault: apps call a provider without anybody holding its key at rest.")
    .version(VERSION)
    .enablePositionalOptions()
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
  const { stdin, stdout, stderr } = process;
  const setExitCode = (code: number): void => {
    exitCode = code;
  };
  const context = { env, stdin, stdout, stderr, cwd: process.cwd(), setExitCode };
  registerGateway(program, context);
  registerExec(program, context);
  await program.parseAsync([...argv]);
  return exitCode;
}

const DEMO_HELP = `
Everything happens in a temporary folder and against a provider on this machine, unless:

  PROVIDER_KEY=…                     stores this key instead of a random one
  PROVIDER=openai PROVIDER_KEY=…     calls the real provider (openai, anthropic, google, together,
                                     mistral, groq or deepseek); it lists the models, which costs nothing

Exit code 0 only if every answer came out exactly as it must.`;
