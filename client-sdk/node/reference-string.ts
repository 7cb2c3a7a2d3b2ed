import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { CircuitManifest } from "@vaultproof/circuits/manifest";
import { VaultProofError } from "../src/sdk-error.js";

/** The checked prefix of the ceremony's string: G1 64 bytes a point, affine, big-endian; G2 one point of 128 bytes. */
export interface ReferenceString {
  readonly g1: Uint8Array;
  readonly g2: Uint8Array;
  /** Where it was found, for people. */
  readonly source: string;
}

/** One place that may have it. */
export interface ReferenceStringPlace {
  /** For the message that names every place tried. */
  readonly name: string;
  /** The two files, as long as or longer than the prefix; undefined where there are none. */
  read(need: { g1Bytes: number; g2Bytes: number }): Promise<{ g1: Uint8Array; g2: Uint8Array } | undefined>;
}

export const G1_FILE = "bn254_g1.dat";
export const G2_FILE = "bn254_g2.dat";
const POINT_BYTES = 64;
const G2_BYTES = 128;

/** A folder in the layout of bb's own. Only the prefix is read: such files may hold gigabytes. */
export function folderPlace(name: string, folder: string): ReferenceStringPlace {
  return {
    name: `${name} (${folder})`,
    read: async ({ g1Bytes, g2Bytes }) => {
      const g1 = await readPrefix(join(folder, G1_FILE), g1Bytes);
      const g2 = await readPrefix(join(folder, G2_FILE), g2Bytes);
      return g1 === undefined || g2 === undefined ? undefined : { g1, g2 };
    },
  };
}

/** Two URLs, the first asked for the prefix only. */
export function urlPlace(options: {
  readonly name: string;
  readonly g1: string;
  readonly g2: string;
  readonly fetch: typeof fetch;
}): ReferenceStringPlace {
  return {
    name: `${options.name} (${options.g1})`,
    read: async ({ g1Bytes, g2Bytes }) => {
      const load = (url: string, bytes: number): Promise<Uint8Array> =>
        loadPrefix({ url, bytes, fetch: options.fetch });
      const [g1, g2] = await Promise.all([load(options.g1, g1Bytes), load(options.g2, g2Bytes)]);
      return { g1, g2 };
    },
  };
}

/**
 * Asks the places in their order and takes the first whose bytes are the ceremony's.
 *
 * @throws VaultProofError `reference-string-missing`, naming every place, what was wrong there, and what to do.
 */
export async function findReferenceString(options: {
  readonly places: readonly ReferenceStringPlace[];
  readonly manifest: CircuitManifest;
}): Promise<ReferenceString> {
  const { points, g1Sha256, g2Sha256 } = options.manifest.referenceString;
  const g1Bytes = points * POINT_BYTES;
  const tried: string[] = [];
  for (const place of options.places) {
    const { name } = place;
    try {
      const found = await place.read({ g1Bytes, g2Bytes: G2_BYTES });
      if (found === undefined) tried.push(`${name}: no such files`);
      else {
        const g1 = found.g1.subarray(0, g1Bytes);
        const g2 = found.g2.subarray(0, G2_BYTES);
        if (sha256Hex(g1) === g1Sha256 && sha256Hex(g2) === g2Sha256) return { g1, g2, source: name };
        tried.push(`${name}: not the ceremony's bytes (wrong SHA-256 or too short); refused`);
      }
    } catch (error) {
      tried.push(`${name}: ${describe(error)}`);
    }
  }
  throw new VaultProofError(
    "reference-string-missing",
    `proving needs ${points} points (64 KB) of the Aztec Ignition ceremony. Tried:\n` +
      tried.map((line) => `  - ${line}\n`).join("") +
      `Allow one of these addresses, or put ${G1_FILE} and ${G2_FILE} into a folder and set CRS_PATH to it.`,
  );
}

async function readPrefix(file: string, bytes: number): Promise<Uint8Array | undefined> {
  let handle;
  try {
    handle = await open(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const buffer = new Uint8Array(bytes);
    const { bytesRead } = await handle.read(buffer, 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

const TIMEOUT_MS = 20_000;

async function loadPrefix(options: {
  readonly url: string;
  readonly bytes: number;
  readonly fetch: typeof fetch;
}): Promise<Uint8Array> {
  const { url, bytes } = options;
  const response = await options.fetch(url, {
    headers: { range: `bytes=0-${bytes - 1}` },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
  // A host that does not know ranges would send all of it.
  const buffer = new Uint8Array(bytes);
  let length = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    buffer.set(chunk.subarray(0, bytes - length), length);
    length += Math.min(chunk.length, bytes - length);
    if (length === bytes) break;
  }
  return buffer.subarray(0, length);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : "";
  return error.message + cause;
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
