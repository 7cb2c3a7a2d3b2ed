import { chmod, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import type { StateStore } from "../src/state-store.js";

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const SUFFIX = ".vps";

/**
 * A developer's state as files in `<folder>/<developer>/`: 0600 in a folder of 0700, each replaced by a rename, so that
 * whoever reads or dies meanwhile sees a whole file, the old one or the new one.
 */
export function createFileStateStore(options: {
  readonly folder: string;
  readonly developer: string;
}): StateStore {
  const folder = join(options.folder, options.developer);
  const fileOf = (name: string): string => join(folder, name + SUFFIX);
  return {
    read: async (name) => {
      try {
        return await readFile(fileOf(name));
      } catch (error) {
        if (!isMissing(error)) throw error;
        return undefined;
      }
    },
    write: async (name, bytes) => {
      await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
      // An umask or an older folder may have left it open to others.
      await chmod(folder, FOLDER_MODE);
      await writeFileAtomic(fileOf(name), Buffer.from(bytes), { mode: FILE_MODE });
    },
    remove: (name) => rm(fileOf(name), { force: true }),
    list: async (prefix) => {
      try {
        const names = await readdir(folder);
        return names
          .filter((name) => name.startsWith(prefix) && name.endsWith(SUFFIX))
          .map((name) => name.slice(0, -SUFFIX.length));
      } catch (error) {
        if (!isMissing(error)) throw error;
        return [];
      }
    },
  };
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
