import { runDemo } from "../demo/run-demo.js";
import { CliError } from "../errors.js";
import { listenForStop } from "../signals.js";
import type { Environment } from "../environment.js";
import { createTerminal, type Output } from "../terminal.js";

/**
 * `vaultproof demo`: the whole job on an embedded stack of its own.
 *
 * @returns the exit code: 0 only if every answer came out exactly as it must.
 * @throws CliError, and what the SDK throws.
 */
export async function demo({ env, output }: { env: Environment; output: Output }): Promise<number> {
  const terminal = createTerminal({ output, env });
  const stop = listenForStop();
  const interrupted = stop.received.then((signal) => {
    throw new CliError("interrupted", `stopped by ${signal}`);
  });
  // It may come when nothing waits for it any more, while the demo cleans up.
  interrupted.catch(() => undefined);
  try {
    return (await runDemo({ env, terminal, interrupted })) ? 0 : 1;
  } finally {
    stop.release();
  }
}
