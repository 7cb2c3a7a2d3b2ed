import type { Command } from "commander";
import type { CommandContext } from "../context.js";
import { listenForStop } from "../signals.js";
import type { EmbeddedStack } from "../stack/embedded-stack.js";
import { createTerminal, type Output, type Terminal } from "../terminal.js";
import type { Environment } from "../environment.js";

/** `vaultproof up`. */
export function registerUp(program: Command, context: CommandContext): void {
  program
    .command("up")
    .description("start server and edge in one process, with an embedded database unless DATABASE_URL is set")
    .addHelpText("after", "\nReads the variables of docs/configuration.md. Ctrl-C or SIGTERM stops it.")
    .allowExcessArguments(false)
    .action(async () => {
      context.setExitCode(await up({ env: context.env, output: context.stdout }));
    });
}

/**
 * Server and edge in this process until SIGINT or SIGTERM.
 *
 * @returns the exit code.
 * @throws CliError when the stack does not start.
 */
async function up({ env, output }: { env: Environment; output: Output }): Promise<number> {
  // With it comes the whole server, which no other command needs.
  const { startEmbeddedStack } = await import("../stack/embedded-stack.js");
  const terminal = createTerminal({ output, env });
  const stop = listenForStop();
  try {
    const stack = await startEmbeddedStack(env);
    try {
      showStack(terminal, stack, env);
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

function showStack(terminal: Terminal, stack: EmbeddedStack, env: Environment): void {
  const dataDir = present(env.DATA_DIR) ?? ".vaultproof";
  const database =
    present(env.DATABASE_URL) === undefined ? `PGlite in ${dataDir}` : "PostgreSQL at DATABASE_URL";
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
