import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CircuitManifest } from "@vaultproof/circuits/manifest";

const G1_POINT_BYTES = 64;
const G2_BYTES = 128;

/** The server's copy of the reference string's prefix, checked against the manifest. */
export interface ReferenceString {
  /** The folder that it was found in. */
  readonly folder: string;
  readonly g1: Buffer;
  readonly g2: Buffer;
}

/** Where to look and what was there: for the log when nothing usable was found. */
export interface ReferenceStringSearch {
  readonly found: ReferenceString | undefined;
  readonly tried: readonly { readonly folder: string; readonly problem: string }[];
}

/**
 * Looks for `bn254_g1.dat` and `bn254_g2.dat` in `CRS_PATH`, in `../shared/crs` beside the checkout and in
 * `~/.bb-crs`, and takes the first whose prefix has the digests of the manifest. Nothing is fetched.
 */
export async function findReferenceString({
  crsPath,
  manifest,
}: {
  readonly crsPath: string | undefined;
  readonly manifest: CircuitManifest;
}): Promise<ReferenceStringSearch> {
  const folders = [
    ...(crsPath === undefined ? [] : [crsPath]),
    fileURLToPath(new URL("../../../../shared/crs", import.meta.url)),
    join(homedir(), ".bb-crs"),
  ];
  const tried: { folder: string; problem: string }[] = [];
  for (const folder of folders) {
    const result = await readFolder(folder, manifest);
    if (typeof result !== "string") return { found: { folder, ...result }, tried };
    tried.push({ folder, problem: result });
  }
  return { found: undefined, tried };
}

async function readFolder(
  folder: string,
  { referenceString }: CircuitManifest,
): Promise<{ g1: Buffer; g2: Buffer } | string> {
  const g1 = await readPrefix(join(folder, "bn254_g1.dat"), referenceString.points * G1_POINT_BYTES);
  const g2 = await readPrefix(join(folder, "bn254_g2.dat"), G2_BYTES);
  if (g1 === null || g2 === null) return "not there, or too short";
  const matches = sha256(g1) === referenceString.g1Sha256 && sha256(g2) === referenceString.g2Sha256;
  return matches ? { g1, g2 } : "not the reference string that the manifest names";
}

/** The first bytes of a file; such files can be gigabytes long. */
async function readPrefix(path: string, length: number): Promise<Buffer | null> {
  try {
    const file = await open(path);
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, 0);
      return bytesRead === length ? buffer : null;
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
