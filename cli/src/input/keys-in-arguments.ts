import { findKeysInText } from "../init/key-patterns.js";
import { CliError } from "../errors.js";

/** A developer key, or an app's bundle. */
const OWN_SECRETS = /\bvp_(?:live|test)_[0-9A-Za-z]{49}|\bvpb_[A-Za-z0-9_-]{40,}/;
/** Longer words than any command or option. */
const LONG_WORD = /[^\s'"]{24,}/g;

/**
 * Refuses a command line that holds a key, wherever it stands. What follows `exec … --` is not looked at: it is the
 * child's own, and what the child takes from its arguments is not this command's business.
 *
 * @throws CliError `key-in-argument`; never shows the key.
 */
export function refuseKeysInArguments(argv: readonly string[]): void {
  const end = argv[0] === "exec" ? argv.indexOf("--") : -1;
  const own = end === -1 ? argv : argv.slice(0, end);
  const at = own.findIndex((argument) => OWN_SECRETS.test(argument) || findKeysInText(argument).length > 0);
  if (at === -1) return;
  throw new CliError(
    "key-in-argument",
    `argument ${at + 1} looks like a key, and keys are never taken from arguments`,
  );
}

/** An error's text without the words that could be a key which its user gave in the wrong place. */
export function hideKeys(text: string): string {
  return text.replaceAll(LONG_WORD, (word) =>
    /\d/.test(word) && /[a-z]/i.test(word) ? `${word.slice(0, 3)}…` : word,
  );
}
