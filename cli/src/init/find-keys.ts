import { PROVIDERS, type KnownProvider } from "@vaultproof/protocol/providers";
import { parseCommented, parseEnv, type Assignment } from "./env-file.js";
import type { EnvFile } from "./find-env-files.js";
import { findKeysInText, holdsKey, isRealKey, KEY_PATTERNS, providerOfVariable } from "./key-patterns.js";
import { looksRandom } from "./written-by-hand.js";

/** A key in a file. */
export interface FoundKey {
  readonly provider: KnownProvider;
  readonly key: string;
  readonly file: EnvFile;
  /** The variable that holds it, alone or within something longer; undefined where it stands in a comment or other text. */
  readonly variable: string | undefined;
  readonly line: number;
  readonly exported: boolean;
}

const REFERENCE = /^\$(?:\{([\w.]+)\}|([\w.]+))$/;
/** What some service or other could give for a key; no path and no address. */
const LIKE_A_KEY = /^[A-Za-z0-9][A-Za-z0-9._+/=-]{19,4095}$/;
const LEAST_DIFFERENT_IN_SAMPLE = 12;

/** Every key in a file: behind the variables of the table, and whatever says by itself whose it is. */
export function findKeys(file: EnvFile): FoundKey[] {
  const assignments = parseEnv(file.text);
  const providerOf = providersIn(assignments);
  const found: FoundKey[] = [];
  const add = (key: Omit<FoundKey, "file">): void => {
    const known = found.some((other) => other.key === key.key && other.line === key.line);
    if (!known) found.push({ ...key, file });
  };
  for (const assignment of assignments) {
    const { name, value, line, exported } = assignment;
    const provider = providerOf(assignment);
    if (provider !== undefined && isKeyOf(provider, assignment, file)) {
      add({ provider, key: value, variable: name, line, exported });
    }
  }
  // The value of a variable that nobody knows, a part of one, a comment.
  for (const { provider, key, start } of findKeysInText(file.text)) {
    const holder = assignments.find((value) => value.start <= start && start < value.end);
    const line = holder?.line ?? file.text.slice(0, start).split("\n").length;
    add({ provider, key, variable: holder?.name, line, exported: holder?.exported ?? false });
  }
  for (const assignment of parseCommented(file.text)) {
    const provider = providerOf(assignment);
    if (provider !== undefined && isKeyOf(provider, assignment, file)) {
      add({ provider, key: assignment.value, variable: undefined, line: assignment.line, exported: false });
    }
  }
  return found;
}

/** A variable that is a provider's, with a value that may be a key but is none of that provider's. */
export interface OddKey {
  readonly provider: KnownProvider;
  readonly variable: string;
  readonly line: number;
}

/** Variables of providers whose values may be keys and were not found as such. A sample is full of them. */
export function findOddKeys(file: EnvFile, found: readonly FoundKey[]): OddKey[] {
  if (file.isSample) return [];
  const assignments = parseEnv(file.text);
  const providerOf = providersIn(assignments);
  return assignments.flatMap((assignment) => {
    const { name, value, line } = assignment;
    const provider = providerOf(assignment);
    if (provider === undefined || !LIKE_A_KEY.test(value)) return [];
    if (found.some(({ key }) => value.includes(key))) return [];
    return isRealKey(value) && looksRandom(value) ? [{ provider, variable: name, line }] : [];
  });
}

/** Tells whose key a variable holds: by its name, or because a variable of the table takes its value from it. */
function providersIn(
  assignments: readonly Assignment[],
): (assignment: Assignment) => KnownProvider | undefined {
  const aliases = aliasesIn(assignments);
  return ({ name }) => providerOfVariable(name) ?? aliases.get(name);
}

/** Variables that one of the table takes its value from. */
function aliasesIn(assignments: readonly Assignment[]): Map<string, KnownProvider> {
  const aliases = new Map<string, KnownProvider>();
  for (const { name, value } of assignments) {
    const provider = providerOfVariable(name);
    const match = REFERENCE.exec(value);
    const target = match?.[1] ?? match?.[2];
    if (provider !== undefined && target !== undefined) aliases.set(target, provider);
  }
  return aliases;
}

function isKeyOf(provider: KnownProvider, { name, value }: Assignment, file: EnvFile): boolean {
  if (!holdsKey(provider, name, value)) return false;
  // A sample is full of things that are shaped like keys.
  return !file.isSample || (new Set(value).size >= LEAST_DIFFERENT_IN_SAMPLE && /\d/.test(value));
}

/** A variable that says where a provider is. */
export interface BaseUrlSetting extends Assignment {
  readonly provider: KnownProvider;
}

/** The variables of a file that say where providers are. */
export function findBaseUrls(file: EnvFile): BaseUrlSetting[] {
  return parseEnv(file.text).flatMap((assignment) =>
    Object.entries(KEY_PATTERNS)
      .filter(([, { baseUrlVariables }]) => baseUrlVariables.includes(assignment.name))
      .map(([provider]) => ({ ...assignment, provider: provider as KnownProvider })),
  );
}

/** Where a provider is, as a file says. */
export type Whereabouts =
  | { readonly kind: "provider" }
  | { readonly kind: "elsewhere"; readonly origin: string }
  | { readonly kind: "unusable"; readonly why: string };

/** Makes sense of the value of such a variable. */
export function whereabouts(provider: KnownProvider, value: string, gateway: string): Whereabouts {
  if (value === "" || value.startsWith(`${gateway}/`)) return { kind: "provider" };
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== "" || url.username !== "") {
    return { kind: "unusable", why: "is not an address that can be read here" };
  }
  if (url.origin === PROVIDERS[provider].baseUrl) return { kind: "provider" };
  if (KEY_PATTERNS[provider].foreignHosts?.test(url.hostname) === true) {
    return { kind: "unusable", why: `is ${url.hostname}, which takes its keys in another way` };
  }
  return { kind: "elsewhere", origin: url.origin };
}
