import { manifest } from "@vaultproof/circuits/manifest";
import type { Prover } from "../src/prover.js";
import { createProverPool, type ProverLane } from "../src/prover-pool.js";
import { VaultProofError } from "../src/sdk-error.js";
import { bundleFiles, type BundleFiles } from "./bundle-files.js";
import { fetchReferenceString } from "./fetch-reference-string.js";
import { isSupported, mayUseThreads } from "./is-supported.js";
import { openWorkerLane } from "./worker-lane.js";

/** What the prover is doing: for a bar and a word beside it. */
export interface ProvingProgress {
  readonly step: "download" | "initialise" | "witness" | "prove";
  /** Bytes had and bytes in all, of the download. */
  readonly loaded?: number;
  readonly total?: number;
}

/** How proofs are made in this page; every member has a default. */
export interface BrowserProverOptions {
  /** Origin of the service, which serves the reference string. */
  readonly service: string;
  readonly onProgress?: ((progress: ProvingProgress) => void) | undefined;
  /** Ends the loading; a prover that is ready is ended by `close`. */
  readonly signal?: AbortSignal | undefined;
  /** Asks the service for the reference string; the files beside the bundle are loaded by the browser itself. */
  readonly fetch?: typeof fetch | undefined;
  /** Threads of one proof; as many as there are cores, up to 4, and 1 where the page is not `crossOriginIsolated`. */
  readonly threads?: number | undefined;
  /** Proofs made at the same time at most, each in a worker with some 100 MB of its own; 1 unless told. */
  readonly lanes?: number | undefined;
}

/** A prover, and what it runs on. */
export interface BrowserProver extends Prover {
  /** Threads of one proof: more than one only where the page is `crossOriginIsolated`. */
  readonly threads: number;
}

/** A proof this small gains little from more. */
const MOST_THREADS = 4;

/**
 * Readies a prover in workers of its own: loads 4.2 MB of WebAssembly from beside the bundle, and the reference string from
 * the service. A worker that dies is replaced. `close` ends the workers at once, whatever they are doing.
 *
 * @throws VaultProofError `unsupported` as `isSupported` says, `reference-string-missing`, `prover-failed`; the signal's
 *   reason.
 */
export async function createBrowserProver(options: BrowserProverOptions): Promise<BrowserProver> {
  const { signal, onProgress = () => undefined } = options;
  signal?.throwIfAborted();
  const { supported, reasons } = isSupported({ keystore: false });
  if (!supported) throw new VaultProofError("unsupported", reasons.join(" "));
  const files = shippedFiles();
  const isThreaded = mayUseThreads();
  const threads = isThreaded ? threadsOfAProof(options.threads) : 1;
  const { proverWorker, threadWorker, acvm, noircAbi } = files;
  const barretenberg = isThreaded ? files.barretenbergThreads : files.barretenberg;
  const { points } = manifest.referenceString;
  const referenceString = await fetchReferenceString({
    service: options.service,
    // A browser's fetch insists on being called on its window.
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    signal,
  });
  const start = { threads, barretenberg, acvm, noircAbi, threadWorker, points, ...referenceString };
  const lanes = new Set<ProverLane>();
  const closing = new AbortController();
  const openLane = async (loading = closing.signal): Promise<ProverLane> => {
    const lane = await openWorkerLane({ script: proverWorker, start, onProgress, signal: loading });
    lanes.add(lane);
    return lane;
  };
  const pool = createProverPool({
    first: await openLane(signal),
    openLane: () => openLane(),
    lanes: options.lanes ?? 1,
  });
  return {
    ...pool,
    threads,
    close: async () => {
      const closed = pool.close();
      closing.abort(new VaultProofError("closed", "its prover has ended"));
      await Promise.all([...lanes].map((lane) => lane.close()));
      await closed;
    },
  };
}

function threadsOfAProof(wanted: number | undefined): number {
  const cores = navigator.hardwareConcurrency;
  return Math.max(1, Math.min(wanted ?? MOST_THREADS, cores));
}

function shippedFiles(): BundleFiles {
  if (bundleFiles === undefined) {
    throw new VaultProofError(
      "prover-failed",
      "proving needs the bundle of @vaultproof/sdk, not its modules one by one",
    );
  }
  return bundleFiles;
}
