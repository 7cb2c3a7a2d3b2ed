import type { EnvText } from "./env-file.js";
import type { Backup, InitRecord, InitRecords } from "./record.js";

/** A rewrite and what it can be taken back with. */
export interface BackedUpRewrite {
  /** Real path. */
  readonly path: string;
  /** SHA-256 of the file once it is rewritten, hex. */
  readonly after: string;
  readonly backup: Backup;
}

/** The rewrites of a record in the order in which they were made. @throws CliError `backup-missing`, `state-unreadable`. */
export async function loadRewrites(records: InitRecords, record: InitRecord): Promise<BackedUpRewrite[]> {
  const loaded: BackedUpRewrite[] = [];
  for (const { path, after, backup } of record.rewrites)
    loaded.push({ path, after, backup: await records.loadBackup(record, backup) });
  return loaded;
}

/** A key that the backups hold. */
export interface BackedUpKey {
  readonly key: string;
  /** The variables that it stood behind, or "a comment". */
  readonly names: readonly string[];
  /** A later rewrite found another key behind each of its variables, in the same file: somebody put that one there. */
  readonly superseded: boolean;
}

/** Every key of the backups, once. */
export function backedUpKeys(rewrites: readonly BackedUpRewrite[]): BackedUpKey[] {
  const places = rewrites.flatMap(({ path, backup }, turn) =>
    backup.rewrite.keys.map(({ name, key }) => ({ path, turn, name, key })),
  );
  type Place = (typeof places)[number];
  const isSuperseded = ({ path, turn, name, key }: Place): boolean =>
    places.some(
      (later) => later.turn > turn && later.path === path && later.name === name && later.key !== key,
    );
  return [...new Set(places.map(({ key }) => key))].map((key) => {
    const own = places.filter((place) => place.key === key);
    const named = own.filter(({ name }) => name !== undefined);
    const superseded = named.length > 0 && named.every(isSuperseded);
    const open = superseded ? named : own.filter((place) => place.name === undefined || !isSuperseded(place));
    return { key, names: [...new Set(open.map(({ name }) => name ?? "a comment"))], superseded };
  });
}

/** Names of the variables of some keys, each once. */
export function namesOf(keys: readonly BackedUpKey[]): string[] {
  return [...new Set(keys.flatMap(({ names }) => names))];
}

/** The keys that none of the texts holds. */
export function keysOutside(keys: readonly BackedUpKey[], texts: readonly EnvText[]): BackedUpKey[] {
  return keys.filter(({ key }) => !texts.some((text) => text.includes(key)));
}
