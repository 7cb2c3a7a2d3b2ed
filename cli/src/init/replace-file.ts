import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CliError } from "../errors.js";

/**
 * What a replacement writes first. A kill may leave it with keys in it: the usual rules that keep `.env.*` from git must
 * cover its name. Earlier versions left `.env` out.
 */
export const TEMPORARY = /^(?:\.env)?\.vaultproof-[0-9a-f]{16}\.tmp$/;

/**
 * Replaces a file's content at once: whoever reads it, or dies meanwhile, has the old bytes or the new ones. Mode and
 * owner stay; the new bytes are never in a file that more may read than the old one.
 *
 * @param expected the bytes that the new ones were made from.
 * @throws CliError `file-changed` when it holds others by now.
 */
export async function replaceFile(path: string, expected: Uint8Array, content: Uint8Array): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.env.vaultproof-${randomBytes(8).toString("hex")}.tmp`);
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
    await rm(temporary, { force: true });
    throw error;
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
