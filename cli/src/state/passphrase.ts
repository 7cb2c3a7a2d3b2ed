import { readFileSync } from "node:fs";
import { canAsk, type CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import { askSecret } from "../input/ask.js";

const LEAST_CHARACTERS = 8;

/** Whether a passphrase opens something or is chosen now. */
export type PassphraseUse = "open" | "choose";

/**
 * The passphrase of the secrets on this device: from `VAULTPROOF_PASSPHRASE_FILE`, `VAULTPROOF_PASSPHRASE_FD`, or a
 * question without echo; twice where it is chosen.
 *
 * @returns bytes that the caller overwrites.
 * @throws CliError `input-needed` where nobody can be asked.
 */
export async function readPassphrase(context: CommandContext, use: PassphraseUse): Promise<Uint8Array> {
  const given = givenPassphrase(context);
  if (given !== undefined) return checked(given, use);
  if (!canAsk(context)) {
    throw new CliError(
      "input-needed",
      "this machine has no keyring that works, so the secrets here are encrypted with a passphrase, and nobody can be asked for it",
      {
        hint: "set VAULTPROOF_PASSPHRASE_FILE to a file that holds it, or VAULTPROOF_PASSPHRASE_FD to a descriptor",
      },
    );
  }
  if (use === "open")
    return checked(await askSecret(context, "Passphrase of the secrets on this device"), use);
  const first = checked(
    await askSecret(context, "This machine has no keyring. Choose a passphrase for the secrets on it"),
    use,
  );
  const second = await askSecret(context, "The same passphrase again");
  if (Buffer.compare(first, Buffer.from(second)) !== 0) {
    throw new CliError("input-invalid", "the two passphrases differ", { hint: "run it again" });
  }
  return first;
}

function givenPassphrase({ env }: CommandContext): string | undefined {
  const file = env.VAULTPROOF_PASSPHRASE_FILE?.trim() ?? "";
  const descriptor = env.VAULTPROOF_PASSPHRASE_FD?.trim() ?? "";
  if (file === "" && descriptor === "") return undefined;
  const name = file === "" ? "VAULTPROOF_PASSPHRASE_FD" : "VAULTPROOF_PASSPHRASE_FILE";
  if (file === "" && !/^\d{1,6}$/.test(descriptor)) {
    throw new CliError("input-invalid", `${name} is not the number of a file descriptor`);
  }
  try {
    return readFileSync(file === "" ? Number(descriptor) : file, "utf8").replace(/\r?\n$/, "");
  } catch (cause) {
    throw new CliError("secrets-locked", `${name} cannot be read`, {
      cause,
      hint: "it names a file, or a descriptor that is open, with the passphrase and nothing else",
    });
  }
}

function checked(passphrase: string, use: PassphraseUse): Uint8Array {
  const text = passphrase.normalize("NFC");
  if (text === "") throw new CliError("input-invalid", "the passphrase is empty");
  if (use === "choose" && text.length < LEAST_CHARACTERS) {
    throw new CliError("input-invalid", `a passphrase has at least ${LEAST_CHARACTERS} characters`, {
      hint: "several words are easy to remember and hard to guess",
    });
  }
  return new TextEncoder().encode(text);
}
