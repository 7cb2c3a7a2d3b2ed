import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { assertArtifacts } from "@vaultproof/circuits/integrity";
import { keyAuthProgramJson } from "@vaultproof/circuits/key-auth-program";
import { manifest } from "@vaultproof/circuits/manifest";
import { verificationKey } from "@vaultproof/circuits/verification-key";
import envPaths from "env-paths";
import type { Prover } from "../src/prover.js";
import { createProverPool, type ProverLane } from "../src/prover-pool.js";
import { openNativeLane } from "./native-lane.js";
import { writeReferenceString } from "./proving-material.js";
import { findReferenceString, type ReferenceString } from "./reference-string.js";
import { referenceStringPlaces } from "./reference-string-places.js";
import { openWasmLane } from "./wasm-lane.js";

/** Which bb makes the proofs: the native program, several times as fast, or WebAssembly, which runs everywhere. */
export type BackendKind = "native" | "wasm";

/** How proofs are made on this machine; every member has a default. */
export interface NodeProverOptions {
  /** Left out: native where it runs, WASM otherwise. */
  readonly backend?: BackendKind | undefined;
  /** Proofs made at the same time at most; as many as there are cores, up to 4. */
  readonly lanes?: number | undefined;
  /** Threads of one native bb; a proof this small hardly gains from more than one. */
  readonly threads?: number | undefined;
  /** Milliseconds that a native bb may take to answer for the first time; 10,000 when left out. */
  readonly startTimeout?: number | undefined;
  /** Origin of a VaultProof server that may be asked for the reference string. */
  readonly service?: string | undefined;
  /** Where a fetched reference string is kept; the platform's cache folder when left out. */
  readonly cacheFolder?: string | undefined;
  readonly fetch?: typeof fetch | undefined;
}

/** A prover, and what it runs on. */
export interface NodeProver extends Prover {
  readonly backend: BackendKind;
  /** Where the reference string was found. */
  readonly referenceString: string;
}

const MOST_LANES = 4;
const START_TIMEOUT_MS = 10_000;

/**
 * Readies a prover: checks the circuit's artifacts, finds the reference string, starts the first bb.
 *
 * @throws VaultProofError `reference-string-missing`; ArtifactMismatchError when the package is damaged; the backend's
 *   error where the one asked for does not run.
 */
export async function createNodeProver(options: NodeProverOptions = {}): Promise<NodeProver> {
  await assertArtifacts({
    manifest,
    programJson: keyAuthProgramJson,
    verificationKey,
    sha256: (bytes) => createHash("sha256").update(bytes).digest(),
  });
  const cacheFolder = options.cacheFolder ?? join(envPaths("vaultproof", { suffix: "" }).cache, "crs");
  const referenceString = await findReferenceString({
    manifest,
    places: referenceStringPlaces({
      cacheFolder,
      service: options.service,
      fetch: options.fetch ?? globalThis.fetch,
    }),
  });
  const { backend, first, openLane } = await openFirstLane(options, referenceString, cacheFolder);
  const lanes = options.lanes ?? Math.min(availableParallelism(), MOST_LANES);
  const pool = createProverPool({ first, openLane, lanes });
  return { ...pool, backend, referenceString: referenceString.source };
}

interface OpenedLane {
  readonly backend: BackendKind;
  readonly first: ProverLane;
  readonly openLane: () => Promise<ProverLane>;
}

async function openFirstLane(
  options: NodeProverOptions,
  referenceString: ReferenceString,
  cacheFolder: string,
): Promise<OpenedLane> {
  const { threads = 1, startTimeout = START_TIMEOUT_MS } = options;
  const crsFolder = await writeReferenceString(referenceString, cacheFolder);
  const openNative = (): Promise<ProverLane> => openNativeLane({ crsFolder, threads, startTimeout });
  const openWasm = (): Promise<ProverLane> =>
    openWasmLane({ referenceString, points: manifest.referenceString.points });
  if (options.backend === "wasm") return { backend: "wasm", first: await openWasm(), openLane: openWasm };
  try {
    return { backend: "native", first: await openNative(), openLane: openNative };
  } catch (error) {
    if (options.backend === "native") throw error;
    return { backend: "wasm", first: await openWasm(), openLane: openWasm };
  }
}
