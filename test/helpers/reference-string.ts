import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Where tests take the reference string from: `CRS_PATH`, or `../shared/crs` beside the checkout. */
export const referenceStringFolder =
  process.env.CRS_PATH ?? fileURLToPath(new URL("../../../../shared/crs", import.meta.url));

/** The prefix that proving needs: 1,025 points of G1 at 64 bytes, one of G2 at 128. */
export interface ReferenceString {
  readonly g1: Uint8Array;
  readonly g2: Uint8Array;
  readonly points: number;
}

const points = 1025;

/**
 * Reads it, or says why a test has to be skipped. In CI a missing one is an error: a run that proved nothing must not
 * look green.
 */
export function findReferenceString(): ReferenceString | undefined {
  try {
    return {
      g1: readFileSync(join(referenceStringFolder, "bn254_g1.dat")).subarray(0, points * 64),
      g2: readFileSync(join(referenceStringFolder, "bn254_g2.dat")),
      points,
    };
  } catch (error) {
    if (process.env.CI) throw new Error("the reference string is missing: set CRS_PATH", { cause: error });
    return undefined;
  }
}

/** The reason to give tap's `skip` where {@link findReferenceString} finds none. */
export const noReferenceString = `no reference string in ${referenceStringFolder} (set CRS_PATH)`;
