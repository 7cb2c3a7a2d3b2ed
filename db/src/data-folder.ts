import { mkdir, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";

/** What the folder is called unless told: nobody keeps anything else in one of that name. */
export const DEFAULT_DATA_FOLDER = ".vaultproof";

/**
 * Makes the folder of the embedded database and of the secrets made for it, closed to other users. Git is told to leave
 * it alone, because it may lie in a checkout; but never in a folder of another name that was there before, which may hold a
 * checkout itself.
 */
export async function makeDataFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (made === undefined && basename(resolve(folder)) !== DEFAULT_DATA_FOLDER) return;
  await writeFile(join(folder, ".gitignore"), "*\n", { flag: "wx", mode: 0o600 }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  });
}
