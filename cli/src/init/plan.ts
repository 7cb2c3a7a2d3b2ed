import { createHash } from "node:crypto";
import type { KnownProvider } from "@vaultproof/protocol/providers";
import type { EnvFile } from "./find-env-files.js";
import {
  findBaseUrls,
  findKeys,
  findOddKeys,
  whereabouts,
  type BaseUrlSetting,
  type FoundKey,
} from "./find-keys.js";

/** A key to store, wherever it stands. */
export interface PlannedKey {
  readonly provider: KnownProvider;
  readonly key: string;
  /** Where its provider is, if not where the table says. */
  readonly origin: string | undefined;
  /** Every place, the first one that names it. */
  readonly places: readonly FoundKey[];
}

/** What is to be done in a folder. */
export interface Plan {
  readonly keys: readonly PlannedKey[];
  /** Files that change. */
  readonly files: readonly EnvFile[];
  readonly warnings: readonly string[];
  /** Keys that stay where they are; a warning says why of each. */
  readonly leftAlone: number;
}

/** Says what is to be done with the keys in some files. Changes nothing. */
export function makePlan(files: readonly EnvFile[], gateway: string): Plan {
  const warnings: string[] = [];
  const baseUrls = new Map(files.map((file) => [file.path, findBaseUrls(file)]));
  const main = files.find(({ name }) => name === ".env");
  const keys = new Map<string, PlannedKey>();
  const allFound = files.flatMap(findKeys);
  for (const found of allFound) {
    const setting = settingFor(found, baseUrls, main);
    const place = whereabouts(found.provider, setting?.value ?? "", gateway);
    if (place.kind === "unusable") {
      warnings.push(leftAlone(found, `${setting?.name ?? "its address"} ${place.why}`));
      continue;
    }
    const origin = place.kind === "elsewhere" ? place.origin : undefined;
    const id = digest([found.provider, origin ?? "", found.key]);
    const before = keys.get(id);
    const { provider, key } = found;
    keys.set(id, { provider, key, origin, places: [...(before?.places ?? []), found] });
  }
  for (const file of files) {
    const here = allFound.filter((found) => found.file === file);
    for (const odd of findOddKeys(file, here)) {
      warnings.push(leftAlone({ ...odd, file }, `its value does not look like a key of ${odd.provider}`));
    }
  }
  const sorted = [...keys.values()].sort((a, b) => rank(a) - rank(b));
  const holding = files.filter(({ text }) => sorted.some(({ key }) => text.includes(key)));
  const turning = files.filter(({ path }) =>
    (baseUrls.get(path) ?? []).some((setting) => turns(setting, sorted, gateway)),
  );
  return {
    keys: sorted,
    files: files.filter((file) => holding.includes(file) || turning.includes(file)),
    warnings,
    leftAlone: warnings.length,
  };
}

/** Why a key stays where it is; never shows it. */
function leftAlone(key: Pick<FoundKey, "file" | "line" | "provider" | "variable">, why: string): string {
  const what = key.variable ?? `a key of ${key.provider}`;
  return `${key.file.name}:${key.line}: ${what} is left alone: ${why}. Store it with \`vaultproof keys store --provider custom\``;
}

/** Whether a variable points at a provider whose key goes into the vault. */
function turns(setting: BaseUrlSetting, keys: readonly PlannedKey[], gateway: string): boolean {
  if (setting.value.startsWith(`${gateway}/`)) return false;
  const place = whereabouts(setting.provider, setting.value, gateway);
  if (place.kind === "unusable") return false;
  const origin = place.kind === "elsewhere" ? place.origin : undefined;
  return keys.some((key) => key.provider === setting.provider && key.origin === origin);
}

/** The variables of one file that are to point at the gateway from now on. */
export function turnedSettings(
  file: EnvFile,
  keys: readonly PlannedKey[],
  gateway: string,
): BaseUrlSetting[] {
  return findBaseUrls(file).filter((setting) => turns(setting, keys, gateway));
}

/** In the key's own file, or in `.env`, which is read beside it; the last one counts. */
function settingFor(
  { file, provider }: FoundKey,
  baseUrls: ReadonlyMap<string, readonly BaseUrlSetting[]>,
  main: EnvFile | undefined,
): BaseUrlSetting | undefined {
  const own = (path: string): BaseUrlSetting | undefined =>
    baseUrls.get(path)?.findLast((setting) => setting.provider === provider && setting.value !== "");
  return own(file.path) ?? (main === undefined ? undefined : own(main.path));
}

/** Keys that programs read go first: the first one of a provider is the project's. */
function rank({ places }: PlannedKey): number {
  const [first] = places;
  if (first === undefined) return 3;
  if (first.variable === undefined) return 2;
  return first.file.name === ".env" ? 0 : 1;
}

function digest(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** A key as it may be shown: the prefix that is the same for everybody, and its length. */
export function maskKey(key: string): string {
  const prefix = /^(?:sk-(?:ant-|proj-|svcacct-)?|gsk_|AIza|tgp_v1_)/.exec(key)?.[0] ?? "";
  return `${prefix}… (${key.length} characters)`;
}
