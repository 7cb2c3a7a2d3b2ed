import { canAsk, type CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import { askYesNo } from "./ask.js";

/**
 * Has the user agree to something that is hard to undo.
 *
 * @throws CliError `cancelled` when the answer is no, `input-needed` where nobody can be asked and `--yes` is not given.
 */
export async function requireConsent(
  context: CommandContext,
  about: { readonly message: string; readonly yes: boolean | undefined },
): Promise<void> {
  if (about.yes === true) return;
  if (!canAsk(context)) {
    throw new CliError("input-needed", `this needs a yes: ${about.message}`, {
      hint: "add --yes: there is no terminal to ask at",
    });
  }
  if (!(await askYesNo(context, about.message))) throw new CliError("cancelled", "cancelled");
}
