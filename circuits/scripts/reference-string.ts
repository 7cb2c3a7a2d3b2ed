import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The points that a circuit of 2^10 rows needs. */
export const referenceStringPoints = 1025;

/**
 * The prefix of the Aztec Ignition ceremony's string that this circuit needs, pinned here and not derived from what
 * happens to lie on the machine that builds.
 */
export const referenceStringDigests = {
  g1: "66a4608fc6da4f9fc811ce9ec5f3c72985ac5419680e6e3e088851bfe4387f2c",
  g2: "01797bfc4de5a96f0e516a9ea4537d18786dc30cb991aca4274c95822b69c32f",
};

/** G1: 64 bytes a point, affine, big-endian. G2: one point of 128 bytes. */
export interface ReferenceString {
  g1: Uint8Array;
  g2: Uint8Array;
}

const g1Bytes = referenceStringPoints * 64;
const g2Bytes = 128;

/**
 * Reads `bn254_g1.dat` and `bn254_g2.dat` from `CRS_PATH` or, without it, from the folder `../shared/crs` beside the
 * checkout. Longer files are cut to the prefix.
 *
 * @returns undefined where the folder has no such files
 * @throws Error if the files are there and are not the ceremony's
 */
export async function readReferenceString(): Promise<ReferenceString | undefined> {
  const folder = process.env.CRS_PATH ?? fileURLToPath(new URL("../../../../shared/crs", import.meta.url));
  let files;
  try {
    files = await Promise.all([
      readFile(join(folder, "bn254_g1.dat")),
      readFile(join(folder, "bn254_g2.dat")),
    ]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const [g1, g2] = [files[0].subarray(0, g1Bytes), files[1].subarray(0, g2Bytes)];
  if (sha256Hex(g1) !== referenceStringDigests.g1 || sha256Hex(g2) !== referenceStringDigests.g2)
    throw new Error(`Not the Aztec Ignition reference string: ${folder}`);
  return { g1, g2 };
}

/** SHA-256 of the bytes as lowercase hex. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
