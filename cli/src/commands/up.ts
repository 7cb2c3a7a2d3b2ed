import { listenForStop } from "../signals.js";
import { startEmbeddedStack, type EmbeddedStack } from "../stack/embedded-stack.js";
import { createTerminal, type Output, type Terminal } from "../terminal.js";
import type { Environment } from "../environment.js";

/**
 * `vaultproof up`: server and edge in this process until SIGINT or SIGTERM.
 *
 * @returns the exit code.
 * @throws CliError when the stack does not start.
 */
export async function up({ env, output }: { env: Environment; output: Output }): Promise<number> {
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
  terminal.text(`edge        ${stack.edgeUrl}   apps and developers talk to this`);
  terminal.text(`backend     ${stack.serverUrl}   answers only what an edge has signed`);
  terminal.text(`operations  ${stack.opsUrl}   liveness and readiness`);
  terminal.text(`database    ${database}`);
  terminal.text(`identity    ${stack.identity}   pin it: open({ url, serverIdentity })`);
  terminal.note("Ctrl-C stops it.");
}

function present(value: string | undefined): string | undefined {
  const text = value?.trim() ?? "";
  return text === "" ? undefined : text;
}
