import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manifest } from "@vaultproof/circuits/manifest";
import { findReferenceString, type ReferenceString } from "@vaultproof/sdk/reference-string";
import { referenceStringPlaces } from "@vaultproof/sdk/reference-string-places";

/** The checked reference string, in memory and in a folder as bb takes it. */
export interface ProvingMaterial {
  readonly referenceString: ReferenceString;
  readonly folder: string;
  readonly dispose: () => Promise<void>;
}

/**
 * Takes the reference string from where this machine has it; a benchmark fetches nothing.
 *
 * @throws VaultProofError `reference-string-missing`, naming every place tried.
 */
export async function openProvingMaterial(): Promise<ProvingMaterial> {
  const folder = await mkdtemp(join(tmpdir(), "vaultproof-bench-crs-"));
  const dispose = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const offline = (): Promise<Response> => Promise.reject(new Error("not asked by a benchmark"));
    const places = referenceStringPlaces({ cacheFolder: folder, service: undefined, fetch: offline });
    const referenceString = await findReferenceString({ manifest, places });
    await writeFile(join(folder, "bn254_g1.dat"), referenceString.g1);
    await writeFile(join(folder, "bn254_g2.dat"), referenceString.g2);
    return { referenceString, folder, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
