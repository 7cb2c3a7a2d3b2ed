import type { Prover } from "../src/prover.js";
import { VaultProofError } from "../src/sdk-error.js";

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
  readonly signal?: AbortSignal | undefined;
  readonly fetch?: typeof fetch | undefined;
}

/** A prover, and what it runs on. */
export interface BrowserProver extends Prover {
  /** Threads of one proof: more than one only where the page is `crossOriginIsolated`. */
  readonly threads: number;
}

/** Readies a prover in workers of its own. */
export function createBrowserProver({ service }: BrowserProverOptions): Promise<BrowserProver> {
  return Promise.reject(new VaultProofError("prover-failed", `no prover for ${service} here yet`));
}
