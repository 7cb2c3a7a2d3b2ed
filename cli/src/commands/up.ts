import type { Command } from "commander";
import type { CommandContext } from "../context.js";
import { listenForStop } from "../signals.js";
import type { EmbeddedStack } from "../stack/embedded-stack.js";
import { createTerminal, type Terminal } from "../terminal.js";
import type { Environment } from "../environment.js";
import { withJson, wordsTo, type CommonOptions } from "./options.js";

const HELP = `
Its vault, with the server's identity, lies in the folder .vaultproof where it is called, or in DATA_DIR. Another folder is another
vault: start it in the same one each time, and outside of your projects.

Reads the variables of docs/configuration.md. Ctrl-C or SIGTERM stops it.
With --json one document in a line among the log's, which are JSON too, once it is up.`;

/** `vaultproof up`. */
export function registerUp(program: Command, context: CommandContext): void {
  const command = program
    .command("up")
    .description("start server and edge in one process, with an embedded database unless DATABASE_URL is set")
    .addHelpText("after", HELP)
    .allowExcessArguments(false);
  withJson(command).action(async (options: CommonOptions) => {
    context.setExitCode(await up(context, options));
  });
}

/**
 * Server and edge in this process until SIGINT or SIGTERM.
 *
 * @returns the exit code.
 * @throws CliError when the stack does not start.
 */
async function up(context: CommandContext, options: CommonOptions): Promise<number> {
  const { env, stdout } = context;
  // With it comes the whole server, which no other command needs.
  const { startEmbeddedStack } = await import("../stack/embedded-stack.js");
  const terminal = createTerminal({ output: wordsTo(context, options), env });
  const stop = listenForStop();
  try {
    const stack = await startEmbeddedStack(env);
    try {
      if (options.json === true) stdout.write(`${JSON.stringify(stackDocument(stack))}\n`);
      else showStack(terminal, stack, env);
      await stop.received;
      terminal.note("stopping; a second signal stops at once");
    } finally {
      await stack.close();
    }
    terminal.note("stopped");
    return 0;
  } finally {
    stop.release();
  }
}

function stackDocument(stack: EmbeddedStack): object {
  const { edgeUrl, serverUrl, opsUrl, pageUrl, dataFolder, identity } = stack;
  return { edgeUrl, serverUrl, opsUrl, pageUrl: pageUrl ?? null, dataFolder, identity };
}

function showStack(terminal: Terminal, stack: EmbeddedStack, env: Environment): void {
  const database =
    present(env.DATABASE_URL) === undefined ? `PGlite in ${stack.dataFolder}` : "PostgreSQL at DATABASE_URL";
  terminal.heading("VaultProof is up");
  if (stack.pageUrl !== undefined) terminal.text(`page        ${stack.pageUrl}   open it in a browser`);
  terminal.text(`edge        ${stack.edgeUrl}   apps and developers talk to this`);
  terminal.text(`backend     ${stack.serverUrl}   answers only what an edge has signed`);
  terminal.text(
    `operations  ${stack.opsUrl}   liveness, readiness, metrics; the API's description at /docs/`,
  );
  terminal.text(`database    ${database}`);
  terminal.text(`identity    ${stack.identity}   pin it: open({ url, serverIdentity })`);
  if (!stack.servesReferenceString) {
    terminal.note(
      "No public reference string was found, nor could one be fetched: the page cannot make proofs.",
    );
    terminal.note("docs/configuration.md says where to get it; set CRS_PATH to its folder.");
  }
  terminal.note("Ctrl-C stops it.");
}

function present(value: string | undefined): string | undefined {
  const text = value?.trim() ?? "";
  return text === "" ? undefined : text;
}
