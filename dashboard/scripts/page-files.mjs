import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** The built page. */
export const PAGE = fileURLToPath(new URL("../dist/page/", import.meta.url));

/**
 * Names of the files in a folder and below it, in an order that is the same everywhere; none that begin with a dot.
 *
 * @param {string} folder - with a slash at its end
 * @returns {Promise<string[]>} relative, with slashes
 */
export async function namesIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) => `${entry.parentPath}/${entry.name}`.replaceAll("\\", "/").replaceAll("//", "/"))
    .map((path) => path.slice(folder.replaceAll("\\", "/").length))
    .sort();
}
