import { constants } from "node:fs";
import { open, readdir, realpath, rm, stat } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { isEnvText, readEnvText, type EnvText } from "./env-file.js";
import { printable } from "../printable.js";
import { TEMPORARY } from "./replace-file.js";

/** A file that may hold keys. */
export interface EnvFile {
  /** Real path. */
  readonly path: string;
  /** As people see it: relative to the folder. */
  readonly name: string;
  readonly text: EnvText;
  /** A file to copy from, that is meant to be shown to others. */
  readonly isSample: boolean;
}

/** Files found, and what was passed over and why. */
export interface EnvFiles {
  readonly files: readonly EnvFile[];
  readonly warnings: readonly string[];
}

const ENV_NAME = /^\.env(?:rc)?(?![a-z])/;
const SAMPLE_NAME = /(?:example|sample|template|dist|defaults?)$/i;
const LARGEST = 1024 * 1024;

/**
 * Reads the `.env*` files of a folder, `.env` first. A link is followed only where it stays within the folder.
 *
 * @param folder real path.
 */
export async function findEnvFiles(folder: string): Promise<EnvFiles> {
  const names = (await readdir(folder)).filter((name) => ENV_NAME.test(name) && !TEMPORARY.test(name)).sort();
  const files = new Map<string, EnvFile>();
  const warnings: string[] = [];
  for (const name of names) {
    const found = await readEnvFile(folder, name);
    if (typeof found === "string") warnings.push(`${shown(name)}: ${found}`);
    else if (!files.has(found.path)) files.set(found.path, found);
  }
  return { files: [...files.values()], warnings };
}

/** The file, or why it is passed over. */
async function readEnvFile(folder: string, name: string): Promise<EnvFile | string> {
  let path: string;
  try {
    path = await realpath(join(folder, name));
  } catch {
    return "a link to nothing; passed over";
  }
  if (path !== join(folder, name) && !path.startsWith(folder + sep)) {
    return "a link out of this folder; passed over. Run init where it leads";
  }
  const seen = await stat(path);
  if (!seen.isFile()) return "not a file; passed over";
  if (seen.size > LARGEST) return "larger than a megabyte; passed over";
  let text: EnvText;
  try {
    // Not following what may have been put there since.
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      text = readEnvText(await handle.readFile());
    } finally {
      await handle.close();
    }
  } catch (error) {
    return `cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"}); passed over`;
  }
  if (!isEnvText(text)) return "not text that dotenv reads, such as UTF-16; passed over";
  return { path, name: shown(relative(folder, path)), text, isSample: SAMPLE_NAME.test(basename(path)) };
}

/** A name as it may be printed: a folder that came from elsewhere may hold names that steer a terminal. */
function shown(name: string): string {
  return printable(name).replaceAll("\n", "?");
}

/** What a replacement that was killed left beside the files. */
export async function findTemporaries(folder: string, files: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of new Set([folder, ...files.map((file) => dirname(file))])) {
    const names = await readdir(path).catch((): string[] => []);
    found.push(...names.filter((name) => TEMPORARY.test(name)).map((name) => join(path, name)));
  }
  return found;
}

/** Removes it. For whoever has the folder's lock: it may be a living one's otherwise. */
export async function removeTemporaries(folder: string, files: readonly string[]): Promise<void> {
  for (const path of await findTemporaries(folder, files)) await rm(path, { force: true });
}
