import { Command, CommanderError } from "commander";
import type { CommandContext } from "./context.js";
import type { Environment } from "./environment.js";
import { CliError, describeError, errorDocument, exitCodeOf } from "./errors.js";
import { EXIT_CODE_MEANINGS, EXIT_CODES } from "./exit-codes.js";
import { hideArguments, hideKeys, refuseKeysInArguments } from "./input/keys-in-arguments.js";
import { pointAtOwnHelp, UsageError } from "./usage-error.js";

const VERSION = "0.1.0";

type Register = (program: Command, context: CommandContext) => void;

/**
 * Every command, in the order in which `--help` lists them: one file each, which registers itself. Only what was asked
 * for is loaded, because loading is most of what a short command takes.
 */
const COMMANDS: Readonly<Record<string, () => Promise<Register>>> = {
  demo: async () => (await import("./commands/demo.js")).registerDemo,
  up: async () => (await import("./commands/up.js")).registerUp,
  login: async () => (await import("./commands/login.js")).registerLogin,
  whoami: async () => (await import("./commands/whoami.js")).registerWhoami,
  init: async () => (await import("./commands/init.js")).registerInit,
  gateway: async () => (await import("./commands/gateway.js")).registerGateway,
  exec: async () => (await import("./commands/exec.js")).registerExec,
  keys: async () => (await import("./commands/keys.js")).registerKeys,
  apps: async () => (await import("./commands/apps.js")).registerApps,
  projects: async () => (await import("./commands/projects.js")).registerProjects,
  logs: async () => (await import("./commands/logs.js")).registerLogs,
  audit: async () => (await import("./commands/audit.js")).registerAudit,
  recovery: async () => (await import("./commands/recovery.js")).registerRecovery,
  doctor: async () => (await import("./commands/doctor.js")).registerDoctor,
  config: async () => (await import("./commands/config.js")).registerConfig,
  completion: async () => (await import("./commands/completion.js")).registerCompletion,
};

/**
 * Runs the `vaultproof` command and sets the exit code of the process; `EXIT_CODES` says what each means.
 *
 * @param argv as `process.argv`.
 */
export async function run(argv: readonly string[], env: Environment): Promise<void> {
  const debug = (env.DEBUG ?? "") !== "";
  endWithReader();
  try {
    process.exitCode = await dispatch(argv, env);
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has already said what is wrong, or printed what was asked for.
      process.exitCode = error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
      if (error.exitCode !== 0 && asksForJson(argv))
        printLine(JSON.stringify(errorDocument(usageError(error))));
      return;
    }
    const shown = error instanceof CliError ? hideArguments : (text: string): string => text;
    if (asksForJson(argv)) printLine(shown(JSON.stringify(errorDocument(error)), argv.slice(2)));
    console.error(shown(describeError(error, { debug }), argv.slice(2)));
    // What was given up halfway, such as a proof that nobody waits for, must not keep the process.
    process.exit(exitCodeOf(error));
  }
}

/**
 * Ends the process without a word once nobody reads its output, as `head` leaves after the lines that it wanted. What
 * is lost on standard error is no reason to stop.
 */
function endWithReader(): void {
  process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
    process.exit(code === "EPIPE" ? EXIT_CODES.outputClosed : EXIT_CODES.failed);
  });
  process.stderr.on("error", () => undefined);
}

function printLine(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** What is wrong with a command line, in the form of every other failure. */
function usageError(error: CommanderError): CliError {
  const { code, message } = error;
  const said = code === "commander.help" ? "a command is missing" : message.replace(/^error: /, "");
  return new CliError("usage", hideKeys(said), error instanceof UsageError ? { hint: error.hint } : {});
}

async function dispatch(argv: readonly string[], env: Environment): Promise<number> {
  let exitCode: number = EXIT_CODES.ok;
  const context: CommandContext = {
    env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    cwd: process.cwd(),
    setExitCode: (code) => {
      exitCode = code;
    },
  };
  const program = await createProgram(context, commandsFor(argv[2]));
  refuseKeysInArguments(argv.slice(2));
  await program.parseAsync([...argv]);
  return exitCode;
}

/** All of them wherever they are listed, or guessed at because the first word is none of them. */
function commandsFor(word: string | undefined): readonly string[] {
  if (word === "--version" || word === "-V") return [];
  // A completion is made of all the others.
  if (word !== undefined && word !== "completion" && Object.hasOwn(COMMANDS, word)) return [word];
  return Object.keys(COMMANDS);
}

/**
 * The command with some of its commands.
 *
 * @param names all of them unless told.
 */
export async function createProgram(
  context: CommandContext,
  names: readonly string[] = Object.keys(COMMANDS),
): Promise<Command> {
  const program = new Command("vaultproof")
    .description("An API-key vault: apps call a provider without anybody holding its key at rest.")
    .version(VERSION)
    .exitOverride()
    // Options behind the program that `exec` runs are that program's.
    .enablePositionalOptions()
    .showHelpAfterError("  hint: vaultproof --help lists the commands")
    .configureOutput({
      outputError: (text, write) => {
        write(`vaultproof: ${hideKeys(text)}`);
      },
    })
    .addHelpText("after", HELP);
  const asked = Object.entries(COMMANDS).filter(([name]) => names.includes(name));
  const registers = await Promise.all(asked.map(([, load]) => load()));
  for (const register of registers) register(program, context);
  pointAtOwnHelp(program);
  return program;
}

function asksForJson(argv: readonly string[]): boolean {
  // `exec` gives no document; the word may be its program's.
  if (argv[2] === "exec") return false;
  const end = argv.indexOf("--");
  return argv.slice(2, end === -1 ? undefined : end).includes("--json");
}

const codes = Object.entries(EXIT_CODES).map(
  ([name, code]) => `  ${String(code).padStart(3)}  ${EXIT_CODE_MEANINGS[name as keyof typeof EXIT_CODES]}`,
);

const HELP = `
Begin:
  vaultproof demo            see all of it happen on this machine, in a temporary folder
  vaultproof up              start the service here, and leave it running
  vaultproof login --new     in another terminal: a developer key for this device
  vaultproof init            in a project: the keys in .env go into the vault
  vaultproof exec -- node app.js
                             and the program runs as ever, with no key in its environment

Exit codes:
${codes.join("\n")}`;
