import { VaultProof } from "@vaultproof/sdk";
import { FINGERPRINT } from "@vaultproof/protocol/identifiers";
import { canAsk, type CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import { askChoice } from "../input/ask.js";
import { readKey } from "../input/read-key.js";
import type { KnownDeveloper } from "../state/known-developers.js";

/** What `login` was told about the key. */
export interface KeyOptions {
  readonly new?: boolean;
  readonly kind?: string;
  readonly keyFd?: string;
  readonly developer?: string;
}

/** Whose key is to be used. */
export type KeyChoice =
  | { readonly from: "new" | "existing" }
  /** One that is in this device's secrets. */
  | { readonly from: "stored"; readonly developerId: string };

/**
 * Settles which developer key is meant: by the options, else by a question.
 *
 * @throws CliError `input-invalid` for two at once, `input-needed` where nobody can be asked.
 */
export async function chooseDeveloper(
  context: CommandContext,
  argument: string | undefined,
  about: { readonly options: KeyOptions; readonly known: readonly KnownDeveloper[] },
): Promise<KeyChoice> {
  const { options, known } = about;
  const existing = argument !== undefined || options.keyFd !== undefined;
  const ways = [existing, options.new === true, options.developer !== undefined];
  if (ways.filter(Boolean).length > 1) {
    throw new CliError(
      "input-invalid",
      "--new, --developer and a key that is given are three ways: one of them",
    );
  }
  if (existing) return { from: "existing" };
  if (options.new === true) return { from: "new" };
  if (options.developer !== undefined) return { from: "stored", developerId: checkedId(options.developer) };
  if (!canAsk(context)) {
    throw new CliError("input-needed", "a developer key is needed and there is no terminal to ask at", {
      hint:
        "--new makes one; `-` reads one from standard input, --key-fd N from a descriptor; --developer ID takes one " +
        "that is stored here",
    });
  }
  const answer = await askChoice(context, {
    message: "Which developer key?",
    options: [
      ...known.map(({ developerId, url }) => ({ value: developerId, label: `of ${developerId} at ${url}` })),
      { value: "new", label: "make a new one" },
      { value: "existing", label: "use one that I have" },
    ],
  });
  return answer === "new" || answer === "existing"
    ? { from: answer }
    : { from: "stored", developerId: answer };
}

/** Makes the key, or reads it from where it is given. */
export async function obtainKey(
  context: CommandContext,
  argument: string | undefined,
  about: { readonly from: "new" | "existing"; readonly options: KeyOptions; readonly url: string },
): Promise<string> {
  const { from, options, url } = about;
  if (from === "new") return VaultProof.generateDeveloperKey(kindOf(options.kind, url));
  return readKey(context, { argument, keyFd: options.keyFd }, "the developer key");
}

function checkedId(text: string): string {
  const developerId = text.trim();
  if (FINGERPRINT.test(developerId)) return developerId;
  throw new CliError("input-invalid", "a developer's id has 43 characters", {
    hint: "vaultproof whoami shows those of this device",
  });
}

function kindOf(kind: string | undefined, url: string): "live" | "test" {
  if (kind === "live" || kind === "test") return kind;
  if (kind !== undefined) throw new CliError("input-invalid", "--kind is live or test");
  return isLoopback(url) ? "test" : "live";
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}
