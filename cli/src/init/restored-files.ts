import { readFile } from "node:fs/promises";
import { CliError } from "../errors.js";
import { readEnvText, type EnvText } from "./env-file.js";
import { contentDigest, type Backup, type InitRecord, type InitRecords } from "./record.js";
import { takeBack } from "./rewrite.js";

/** A file as it is and as it was before `init`. */
export interface RestoredFile {
  readonly path: string;
  readonly now: EnvText;
  readonly then: EnvText;
  /** Somebody changed it since; what they changed stays. */
  readonly edited: boolean;
}

/**
 * Takes the rewrites back in memory, the last one first: a file may have been rewritten more than once.
 *
 * @returns the files, and the variables whose keys found no place in any of them.
 * @throws CliError `backup-missing`, `state-unreadable`; `file-changed` for a file that is gone.
 */
export async function restoredFiles(
  records: InitRecords,
  record: InitRecord,
): Promise<{ files: RestoredFile[]; missing: string[] }> {
  const files = new Map<string, RestoredFile>();
  const keys = new Map<string, string>();
  for (const { path, backup, after } of record.rewrites.toReversed()) {
    const file = files.get(path) ?? (await currentFile(path));
    const kept = await records.loadBackup(record, backup);
    files.set(path, restored(file, after, kept));
    for (const { key, name } of kept.rewrite.keys) keys.set(key, name ?? "a comment");
  }
  const texts = [...files.values()].map(({ then }) => then);
  const missing = [...keys]
    .filter(([key]) => !texts.some((text) => text.includes(key)))
    .map(([, name]) => name);
  return { files: [...files.values()], missing: [...new Set(missing)] };
}

function restored(file: RestoredFile, after: string, { original, rewrite }: Backup): RestoredFile {
  const { then } = file;
  if (then === original) return file;
  // An empty one stands for one that was deleted.
  if (then === "" || contentDigest(then) === after) return { ...file, then: original };
  const text = takeBack(then, rewrite);
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
