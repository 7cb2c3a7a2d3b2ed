import * as clack from "@clack/prompts";
import type { CommandContext } from "../context.js";
import { CliError } from "../errors.js";

/** Questions go to standard error: standard output is for the result. */
function streams({ stdin, stderr }: CommandContext) {
  return { input: stdin, output: stderr };
}

function answered(answer: unknown): unknown {
  if (clack.isCancel(answer)) throw new CliError("cancelled", "cancelled");
  return answer;
}

/** Return on an empty line gives nothing at all. */
function text(answer: unknown): string {
  const said = answered(answer);
  return typeof said === "string" ? said : "";
}

/** Asks for something that must not be seen. @throws CliError `cancelled` at Ctrl-C. */
export async function askSecret(context: CommandContext, message: string): Promise<string> {
  return text(await clack.password({ message, mask: "•", ...streams(context) }));
}

/** Asks for a line. @throws CliError `cancelled` at Ctrl-C. */
export async function askText(
  context: CommandContext,
  question: { readonly message: string; readonly preset?: string | undefined },
): Promise<string> {
  const { message, preset } = question;
  const shown = preset === undefined ? {} : { placeholder: preset, defaultValue: preset };
  return text(await clack.text({ message, ...shown, ...streams(context) }));
}

/** Asks yes or no; no is what Return means. @throws CliError `cancelled` at Ctrl-C. */
export async function askYesNo(context: CommandContext, message: string): Promise<boolean> {
  return answered(await clack.confirm({ message, initialValue: false, ...streams(context) })) === true;
}

/** Asks for one of several. @throws CliError `cancelled` at Ctrl-C. */
export async function askChoice<T extends string>(
  context: CommandContext,
  question: { readonly message: string; readonly options: readonly { value: T; label: string }[] },
): Promise<T> {
  const options: { value: string; label: string }[] = question.options.map(({ value, label }) => ({
    value,
    label,
  }));
  const said = answered(await clack.select({ message: question.message, options, ...streams(context) }));
  const chosen = question.options.find(({ value }) => value === said);
  if (chosen === undefined) throw new CliError("cancelled", "cancelled");
  return chosen.value;
}
