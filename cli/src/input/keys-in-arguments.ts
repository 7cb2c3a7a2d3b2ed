import { findKeysInText, isRealKey } from "../init/key-patterns.js";
import { looksRandom } from "../init/written-by-hand.js";
import { CliError } from "../errors.js";

/** A developer key, or an app's bundle. */
const OWN_SECRETS = /\bvp_(?:live|test)_[0-9A-Za-z]{49}|\bvpb_[A-Za-z0-9_-]{40,}/;
/** Keys that a file may have for other reasons, and a command line has not: other services' too. */
const LIKELY_KEYS = /(?<![A-Za-z0-9_-])(?:sk-|AIza|AQ\.)[A-Za-z0-9_-]{20,}/g;
/** Longer words than any command or option. */
const LONG_WORD = /[^\s'"]{24,}/g;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}[.,:]?$/i;
/** Ids of slots; ids of developers and identities of servers. */
const PUBLIC = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$|^[A-Za-z0-9_-]{43}$/;
const FILE = /^[.~]{0,2}[/\\]|^[a-z]+:\/\/|^[A-Za-z]:\\|\.[a-z]{2,5}$/;
/** More than the end of an app's name that `init` gave has. */
const LEAST_RANDOM = 14;

/**
 * Refuses a command line that holds a key, wherever it stands. What follows `exec … --` is not looked at: it is the
 * child's own, and what the child takes from its arguments is not this command's business.
 *
 * @throws CliError `key-in-argument`; never shows the key.
 */
export function refuseKeysInArguments(argv: readonly string[]): void {
  const end = argv[0] === "exec" ? argv.indexOf("--") : -1;
  const own = end === -1 ? argv : argv.slice(0, end);
  const at = own.findIndex(holdsAKey);
  if (at === -1) return;
  throw new CliError(
    "key-in-argument",
    `argument ${at + 1} looks like a key, and keys are never taken from arguments`,
  );
}

function holdsAKey(argument: string): boolean {
  if (OWN_SECRETS.test(argument) || findKeysInText(argument).length > 0) return true;
  return (argument.match(LIKELY_KEYS) ?? []).some((word) => isRealKey(word) && looksRandom(word));
}

/** An error's text without the words that could be a key which its user gave in the wrong place. */
export function hideKeys(text: string): string {
  return text.replaceAll(LONG_WORD, (word) =>
    couldBeAKey(word) && !UUID.test(word) ? shortened(word) : word,
  );
}

function couldBeAKey(word: string): boolean {
  return (/\d/.test(word) && /[a-z]/i.test(word)) || looksRandom(word, LEAST_RANDOM);
}

/**
 * A failure's text without the arguments in it that nobody could know by heart: such a one may be a key of a shape that
 * says nothing. Names of files, ids of slots and of developers are repeated.
 */
export function hideArguments(text: string, argv: readonly string[]): string {
  const end = argv[0] === "exec" ? argv.indexOf("--") : -1;
  return argv
    .slice(0, end === -1 ? undefined : end)
    .map((argument) => argument.replace(/^--?[a-z-]+=/, ""))
    .filter((word) => looksRandom(word, LEAST_RANDOM) && !PUBLIC.test(word) && !FILE.test(word))
    .reduce((rest, word) => rest.replaceAll(word, () => shortened(word)), text);
}

function shortened(word: string): string {
  return `${word.slice(0, 3)}…`;
}
