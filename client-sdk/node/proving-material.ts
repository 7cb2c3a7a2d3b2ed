import { chmod, mkdir, mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { G1_FILE, G2_FILE, type ReferenceString } from "./reference-string.js";

/**
 * A folder that holds exactly the checked bytes, for bb, which reads a folder and not memory, and which puts a lock
 * file beside them: the folder where they were found may be read-only, longer, or change after it was checked.
 *
 * @param folder the cache; where it cannot be written, a temporary folder takes its place.
 */
export async function writeReferenceString(
  referenceString: ReferenceString,
  folder: string,
): Promise<string> {
  try {
    await fill(folder, referenceString);
    return folder;
  } catch {
    const temporary = await mkdtemp(join(tmpdir(), "vaultproof-crs-"));
    await fill(temporary, referenceString);
    return temporary;
  }
}

async function fill(folder: string, { g1, g2 }: ReferenceString): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  await writeUnlessSame(join(folder, G1_FILE), g1);
  await writeUnlessSame(join(folder, G2_FILE), g2);
}

async function writeUnlessSame(file: string, bytes: Uint8Array): Promise<void> {
  const there = await readFile(file).catch(() => undefined);
  if (there?.equals(bytes) === true) return;
  await writeFileAtomic(file, Buffer.from(bytes));
}
