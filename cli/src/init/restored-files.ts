import { readFile } from "node:fs/promises";
import { CliError } from "../errors.js";
import { backedUpKeys, keysOutside, loadRewrites, namesOf, type BackedUpRewrite } from "./backed-up-keys.js";
import { readEnvText, type EnvText } from "./env-file.js";
import { contentDigest, type InitRecord, type InitRecords } from "./record.js";
import { takeBack } from "./rewrite.js";

/** A file as it is and as it was before `init`. */
export interface RestoredFile {
  readonly path: string;
  readonly now: EnvText;
  readonly then: EnvText;
  /** Somebody changed it since; what they changed stays. */
  readonly edited: boolean;
}

/** What undoing comes to. */
export interface Restored {
  readonly files: readonly RestoredFile[];
  /** Variables whose keys found no place in any file. */
  readonly missing: readonly string[];
  /** Variables that a newer key was put behind: that one is in the file, the older one in none. */
  readonly givenUp: readonly string[];
}

/**
 * Takes the rewrites back in memory, the last one first: a file may have been rewritten more than once.
 *
 * @throws CliError `backup-missing`, `state-unreadable`; `file-changed` for a file that is gone.
 */
export async function restoredFiles(records: InitRecords, record: InitRecord): Promise<Restored> {
  const files = new Map<string, RestoredFile>();
  const rewrites = await loadRewrites(records, record);
  for (const rewrite of rewrites.toReversed()) {
    const file = files.get(rewrite.path) ?? (await currentFile(rewrite.path));
    files.set(rewrite.path, restored(file, rewrite));
  }
  const texts = [...files.values()].map(({ then }) => then);
  const outside = keysOutside(backedUpKeys(rewrites), texts);
  return {
    files: [...files.values()],
    missing: namesOf(outside.filter(({ superseded }) => !superseded)),
    givenUp: namesOf(outside.filter(({ superseded }) => superseded)),
  };
}

function restored(file: RestoredFile, { after, backup }: BackedUpRewrite): RestoredFile {
  const { then } = file;
  if (then === backup.original) return file;
  // An empty one stands for one that was deleted.
  if (then === "" || contentDigest(then) === after) return { ...file, then: backup.original };
  const text = takeBack(then, backup.rewrite);
  return { ...file, then: text, edited: file.edited || text !== then };
}

async function currentFile(path: string): Promise<RestoredFile> {
  try {
    const now = readEnvText(await readFile(path));
    return { path, now, then: now, edited: false };
  } catch (cause) {
    const hint = "make an empty file there and run it again: all that was in it comes back";
    throw new CliError("file-changed", `${path} cannot be read`, { cause, hint });
  }
}
