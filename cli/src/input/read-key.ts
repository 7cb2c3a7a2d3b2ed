import { closeSync, readSync } from "node:fs";
import { canAsk, type CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import { askSecret } from "./ask.js";

const LONGEST = 16_384;

/** Where a key comes from, as the command line says. */
export interface KeySource {
  /** The positional argument: `-` or nothing. */
  readonly argument: string | undefined;
  /** `--key-fd`. */
  readonly keyFd?: string | undefined;
}

/**
 * Reads a key from standard input (`-`), a file descriptor, or a question without echo. Never from an argument.
 *
 * @throws CliError `key-in-argument`, `input-needed`, `input-invalid`; none holds what was read.
 */
export async function readKey(context: CommandContext, source: KeySource, what: string): Promise<string> {
  const { argument, keyFd } = source;
  if (argument !== undefined && argument !== "-") refuseArgument(argument, what);
  if (argument === "-" && keyFd !== undefined) {
    throw new CliError("input-invalid", "the key comes from standard input or from --key-fd, not from both");
  }
  if (keyFd !== undefined) return oneLine(readDescriptor(keyFd), what);
  if (argument === "-") return oneLine(await readAll(context.stdin), what);
  if (!canAsk(context)) {
    throw new CliError("input-needed", `${what} is needed and there is no terminal to ask at`, {
      hint: "give `-` and the key on standard input, or --key-fd N with a descriptor that it can be read from",
    });
  }
  return oneLine(await askSecret(context, what), what);
}

/** Whatever stands there is taken for a key: telling them apart would let the odd one pass. */
function refuseArgument(argument: string, what: string): never {
  const shown = argument.length < 8 ? "" : ` (${argument.slice(0, 3)}…, ${argument.length} characters)`;
  throw new CliError("key-in-argument", `${what} is never taken from an argument${shown}`);
}

function readDescriptor(text: string): string {
  if (!/^\d{1,6}$/.test(text))
    throw new CliError("input-invalid", "--key-fd is the number of a file descriptor");
  const descriptor = Number(text);
  const buffer = Buffer.alloc(LONGEST + 1);
  try {
    let length = 0;
    for (;;) {
      const read = readSync(descriptor, buffer, length, buffer.length - length, null);
      length += read;
      if (read === 0 || length === buffer.length) break;
    }
    if (descriptor > 2) closeSync(descriptor);
    return buffer.toString("utf8", 0, length);
  } catch (cause) {
    throw new CliError("input-invalid", `descriptor ${text} cannot be read`, {
      cause,
      hint: "open it for the command, as in: vaultproof … --key-fd 3 3<key-file",
    });
  } finally {
    buffer.fill(0);
  }
}

async function readAll(stdin: CommandContext["stdin"]): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk as Uint8Array);
    chunks.push(bytes);
    length += bytes.length;
    if (length > LONGEST) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** One line without surrounding white space. Two lines are a mistake in what was piped. */
function oneLine(text: string, what: string): string {
  const line = text.trim();
  if (line === "") throw new CliError("input-invalid", `${what} is empty`);
  if (line.length > LONGEST || /[\r\n]/.test(line)) {
    throw new CliError(
      "input-invalid",
      `${what} is one line of at most ${LONGEST.toLocaleString("en-US")} characters`,
    );
  }
  return line;
}
