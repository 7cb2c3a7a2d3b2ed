import type { Command } from "commander";
import { completionScript, SHELLS } from "../completion/scripts.js";
import type { CommandContext } from "../context.js";
import { CliError } from "../errors.js";

const HELP = `
  bash   source <(vaultproof completion bash)             in ~/.bashrc
  zsh    source <(vaultproof completion zsh)              in ~/.zshrc, after compinit
  fish   vaultproof completion fish | source              in ~/.config/fish/config.fish`;

/** `vaultproof completion`. */
export function registerCompletion(program: Command, context: CommandContext): void {
  program
    .command("completion")
    .description("print a script that completes this command in bash, zsh or fish")
    .argument("<shell>", SHELLS.join(", "))
    .addHelpText("after", HELP)
    .action((name: string) => {
      const shell = SHELLS.find((known) => known === name);
      if (shell === undefined)
        throw new CliError("input-invalid", `the shell is one of ${SHELLS.join(", ")}`);
      context.stdout.write(completionScript(shell, program));
    });
}
