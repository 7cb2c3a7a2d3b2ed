import { basename } from "node:path";
import type { KnownProvider } from "@vaultproof/protocol/providers";
import { CliError } from "../errors.js";
import { parseEnv, type EnvText } from "./env-file.js";
import type { EnvFile } from "./find-env-files.js";
import { KEY_PATTERNS } from "./key-patterns.js";
import { turnedSettings, type PlannedKey } from "./plan.js";

/** What was done to a file, so that it can be taken back. */
export interface Rewrite {
  readonly text: EnvText;
  /** What stands at the end now and did not before; empty where nothing does. */
  readonly block: string;
  readonly keys: readonly {
    readonly name: string | undefined;
    readonly key: string;
    readonly placeholder: string;
  }[];
  readonly urls: readonly { readonly name: string; readonly before: string; readonly after: string }[];
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const REMARK = "# VaultProof: the keys above are placeholders; calls go through the gateway on this machine.";

/**
 * The file with placeholders for keys and the gateway for addresses. Every other byte stays.
 *
 * @param placeholderOf what stands in place of a key.
 * @throws CliError `file-changed` when the result would not read as it must; nothing was written then.
 */
export function rewriteFile(
  file: EnvFile,
  keys: readonly PlannedKey[],
  options: { readonly gateway: string; readonly placeholderOf: (key: PlannedKey) => string },
): Rewrite {
  const { gateway, placeholderOf } = options;
  const here = keys.filter(({ key }) => file.text.includes(key));
  const keyEdits = here
    // A key that another one begins with must not take its place.
    .toSorted((a, b) => b.key.length - a.key.length)
    .reduce<Edit[]>(
      (edits, key) => [...edits, ...occurrences(file.text, key.key, placeholderOf(key), edits)],
      [],
    );
  const turned = turnedSettings(file, keys, gateway);
  const urls = turned.map(({ name, value, provider }) => {
    const path = value === "" ? KEY_PATTERNS[provider].basePath : new URL(value).pathname.replace(/\/$/, "");
    return { name, before: value, after: `${gateway}/${provider}${path}` };
  });
  const urlEdits = turned.map(({ start, end }, i) => ({ start, end, text: urls[i]?.after ?? "" }));
  const block = blockFor(file, here, gateway);
  const text = apply(file.text, [...keyEdits, ...urlEdits]) + block;
  assertReadsRight(file.text, text, block);
  const said = here.flatMap((key) =>
    key.places
      .filter((place) => place.file.path === file.path)
      .map(({ variable }) => ({ name: variable, key: key.key, placeholder: placeholderOf(key) })),
  );
  return { text, block, keys: said, urls };
}

function occurrences(text: string, key: string, placeholder: string, taken: readonly Edit[]): Edit[] {
  const edits: Edit[] = [];
  for (let start = text.indexOf(key); start !== -1; start = text.indexOf(key, start + key.length)) {
    const end = start + key.length;
    if (!taken.some((edit) => edit.start < end && start < edit.end))
      edits.push({ start, end, text: placeholder });
  }
  return edits;
}

function apply(text: string, edits: readonly Edit[]): string {
  return [...edits]
    .sort((a, b) => b.start - a.start)
    .reduce((rest, { start, end, text: put }) => rest.slice(0, start) + put + rest.slice(end), text);
}

/** The addresses that nobody has set yet, behind the last line, in the file's own way of ending lines. */
function blockFor(file: EnvFile, keys: readonly PlannedKey[], gateway: string): string {
  const live = keys.filter(({ places }) =>
    places.some((place) => place.file.path === file.path && place.variable !== undefined),
  );
  const named = new Set(parseEnv(file.text).map(({ name }) => name));
  const providers = [...new Set(live.map(({ provider }) => provider))];
  const lines = providers.flatMap((provider) => lineFor(provider, named, gateway));
  if (lines.length === 0) return "";
  const eol = file.text.includes("\r\n") ? "\r\n" : "\n";
  const exported =
    basename(file.name).startsWith(".envrc") ||
    live.some(({ places }) => places.some((place) => place.exported));
  const open = file.text === "" || /[\r\n]$/.test(file.text) ? "" : eol;
  return open + [REMARK, ...lines.map((line) => (exported ? `export ${line}` : line)), ""].join(eol);
}

function lineFor(provider: KnownProvider, named: ReadonlySet<string>, gateway: string): string[] {
  const { baseUrlVariables, basePath } = KEY_PATTERNS[provider];
  const [first] = baseUrlVariables;
  if (first === undefined || baseUrlVariables.some((name) => named.has(name))) return [];
  return [`${first}=${gateway}/${provider}${basePath}`];
}

/** The last thing before anything is touched: the same variables in the same order, and those of the block behind them. */
function assertReadsRight(before: EnvText, after: EnvText, block: string): void {
  const names = (text: EnvText): string[] => parseEnv(text).map(({ name }) => name);
  const expected = [...names(before), ...names(block)];
  if (JSON.stringify(names(after)) !== JSON.stringify(expected)) {
    throw new CliError("file-changed", "the file would not read as it must afterwards; it was left alone", {
      hint: "look for a quote that is not closed",
    });
  }
}

/**
 * Takes a rewrite back in a file that was changed since: the block goes, placeholders and addresses that are still what
 * they were made become what they were. What was added since stays.
 */
export function takeBack(text: EnvText, rewrite: Omit<Rewrite, "text">): EnvText {
  const edits: Edit[] = [];
  for (const { name, value, start, end } of parseEnv(text)) {
    const held = rewrite.keys.find((key) => key.name === name && value.includes(key.placeholder));
    if (held !== undefined) edits.push({ start, end, text: value.replaceAll(held.placeholder, held.key) });
    const turned = rewrite.urls.find((url) => url.name === name && url.after === value);
    if (turned !== undefined) edits.push({ start, end, text: turned.before });
  }
  let restored = apply(text, edits);
  if (rewrite.block !== "") restored = restored.replace(rewrite.block, () => "");
  for (const placeholder of new Set(rewrite.keys.map((key) => key.placeholder))) {
    const keys = new Set(rewrite.keys.filter((key) => key.placeholder === placeholder).map(({ key }) => key));
    const [only] = keys;
    if (keys.size === 1 && only !== undefined) restored = restored.replaceAll(placeholder, () => only);
  }
  return restored;
}
