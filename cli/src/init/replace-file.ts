import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CliError } from "../errors.js";

/**
 * What a replacement writes first. A kill may leave it with keys in it: the usual rules that keep `.env.*` from git must
 * cover its name. Earlier versions left `.env` out.
 */
export const TEMPORARY = /^(?:\.env)?\.vaultproof-[0-9a-f]{16}\.tmp$/;

/** What a file system answers where nothing can be written. */
const REFUSALS: Readonly<Record<string, string>> = {
  EACCES: "you may not write there",
  EPERM: "you may not write there",
  EROFS: "it is on a file system that is read-only",
  ENOSPC: "no space is left there",
  EDQUOT: "your quota is used up",
};

/** Such an answer in words; any other error as it is. */
function inWords(path: string, cause: unknown): unknown {
  const why = REFUSALS[(cause as NodeJS.ErrnoException).code ?? ""];
  return why === undefined
    ? cause
    : new CliError("file-unwritable", `${path} cannot be replaced: ${why}`, { cause });
}

const temporaryIn = (folder: string): string =>
  join(folder, `.env.vaultproof-${randomBytes(8).toString("hex")}.tmp`);

/**
 * Finds out whether a file can be replaced, by a draft of the same size beside it, which is removed.
 *
 * @throws CliError `file-unwritable`.
 */
export async function requireReplaceable(path: string, content: Uint8Array): Promise<void> {
  const temporary = temporaryIn(dirname(path));
  try {
    const { uid, gid } = await stat(path);
    const file = await open(temporary, "wx", 0o600);
    try {
      const made = await file.stat();
      if (made.uid !== uid || made.gid !== gid) await file.chown(uid, gid);
      await file.writeFile(content);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw inWords(path, cause);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/**
 * Replaces a file's content at once: whoever reads it, or dies meanwhile, has the old bytes or the new ones. Mode and
 * owner stay; the new bytes are never in a file that more may read than the old one.
 *
 * @param expected the bytes that the new ones were made from.
 * @throws CliError `file-changed` when it holds others by now, `file-unwritable`.
 */
export async function replaceFile(path: string, expected: Uint8Array, content: Uint8Array): Promise<void> {
  const folder = dirname(path);
  const temporary = temporaryIn(folder);
  const original = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code !== "ELOOP") throw cause;
    throw new CliError("file-changed", `${basename(path)} is a link by now, and was left alone`, {
      cause,
      hint: "nothing was lost; put the file itself there and run it again",
    });
  });
  try {
    const { mode, uid, gid } = await original.stat();
    const file = await open(temporary, "wx", 0o600);
    try {
      const made = await file.stat();
      if (made.uid !== uid || made.gid !== gid) await file.chown(uid, gid);
      await file.chmod(mode & 0o7777);
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    if (!(await readFile(path)).equals(expected)) {
      throw new CliError("file-changed", `${basename(path)} was changed by something else meanwhile`);
    }
    await rename(temporary, path);
  } catch (error) {
    // In a folder that cannot be written nothing was made.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw inWords(path, error);
  } finally {
    await original.close();
  }
  await syncFolder(folder);
}

/** A rename is on the disk once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
