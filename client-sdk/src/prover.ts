import type { Statement } from "@vaultproof/protocol/statement";

/** The circuit's private inputs besides the statement's, as field elements. */
export interface CallWitness {
  readonly slotSecret: bigint;
  readonly shareHash: bigint;
  readonly appSecret: bigint;
  /** Ten siblings, from the bottom up, and which of node and sibling stands on the left. */
  readonly path: readonly bigint[];
  readonly left: readonly bigint[];
  readonly nonce: bigint;
  readonly statement: Statement;
}

/** Makes proofs of `key_auth`. */
export interface Prover {
  /**
   * @param options.signal takes the work out of the queue; work already begun is finished and thrown away.
   * @returns the proof, 6,464 bytes.
   * @throws VaultProofError `prover-failed`; the signal's reason.
   */
  prove(
    witness: CallWitness,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<{ readonly proof: Uint8Array }>;
  /** Ends the processes or workers behind it. */
  close(): Promise<void>;
}
