import type { Command } from "commander";
import type { CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import { listenForStop } from "../signals.js";
import { createTerminal } from "../terminal.js";
import { withJson, wordsTo, type CommonOptions } from "./options.js";

const HELP = `
Everything happens in a temporary folder and against a provider on this machine, unless:

  PROVIDER_KEY=…                     stores this key instead of a random one
  PROVIDER=openai PROVIDER_KEY=…     calls the real provider (openai, anthropic, google, together,
                                     mistral, groq or deepseek); it lists the models, which costs nothing

Exit code 0 only if every answer came out exactly as it must. With --json {"passed":…}, and the words on standard error.`;

/** `vaultproof demo`. */
export function registerDemo(program: Command, context: CommandContext): void {
  const command = program
    .command("demo")
    .description("store a key, make proved calls and have five requests refused, for real, on this machine")
    .addHelpText("after", HELP)
    .allowExcessArguments(false);
  withJson(command).action(async (options: CommonOptions) => {
    context.setExitCode(await demo(context, options));
  });
}

/**
 * The whole job on an embedded stack of its own.
 *
 * @returns the exit code: 0 only if every answer came out exactly as it must.
 * @throws CliError, and what the SDK throws.
 */
async function demo(context: CommandContext, options: CommonOptions): Promise<number> {
  const { env, stdout, stderr } = context;
  // With it comes the whole server, which no other command needs.
  const { runDemo } = await import("../demo/run-demo.js");
  const terminal = createTerminal({ output: wordsTo(context, options), progress: stderr, env });
  const stop = listenForStop();
  const interrupted = stop.received.then((signal) => {
    throw new CliError("interrupted", `stopped by ${signal}`);
  });
  // It may come when nothing waits for it any more, while the demo cleans up.
  interrupted.catch(() => undefined);
  try {
    const passed = await runDemo({ env, terminal, interrupted });
    if (options.json === true) stdout.write(`${JSON.stringify({ passed })}\n`);
    return passed ? 0 : 1;
  } finally {
    stop.release();
  }
}
