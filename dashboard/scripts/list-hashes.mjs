import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { namesIn, PAGE } from "./page-files.mjs";

const LIST = "sha256sums.txt";

/**
 * Writes `sha256sums.txt` into the page, as `sha256sum` does: who builds the same sources can compare what an edge serves.
 */
export async function listHashes() {
  const all = await namesIn(PAGE);
  // A compressed form says nothing of its own, and another release of Node's may compress otherwise.
  const isForm = (name) => /\.(?:br|gz)$/.test(name) && all.includes(name.replace(/\.\w+$/, ""));
  const names = all.filter((name) => name !== LIST && !isForm(name));
  const lines = await Promise.all(
    names.map(async (name) => {
      const hash = createHash("sha256").update(await readFile(PAGE + name));
      return `${hash.digest("hex")}  ${name}\n`;
    }),
  );
  await writeFile(PAGE + LIST, lines.join(""));
}
