/** What a caller claims: a proof and the public inputs it should hold for, each in bytes. */
export interface ProofStatement {
  /** 6,464 bytes, else the answer is false. */
  readonly proof: Uint8Array;
  /** In the circuit's order, 32 bytes each, big-endian. */
  readonly publicInputs: readonly Uint8Array[];
  /** Whose proof it is: while proofs wait, the keys take turns. Those without a key share one. */
  readonly queueKey?: string;
}

/** How the pool is doing, for readiness and metrics. */
export interface VerifierStats {
  /** Verifiers that can take a proof now. */
  readonly workers: number;
  /** Proofs that wait for one. */
  readonly queued: number;
  /** Verifiers that had to be replaced since the start. */
  readonly restarts: number;
  readonly backend: VerifierBackend;
}

export type VerifierBackend = "native" | "wasm";

/** Says whether proofs hold. */
export interface ProofVerifier {
  /**
   * @returns true only if the verifier itself said that the proof holds for exactly these public inputs; anything
   *   ill-formed is false
   * @throws {VerifierBusyError} if the queue is full, or became so and this key has the most in it: nothing was
   *   verified, the caller may try again
   * @throws {VerifierLostError} if two verifiers in a row died over it, or the pool was closed
   * @throws the signal's reason, if it aborts while the proof still waits
   */
  verify(statement: ProofStatement, signal?: AbortSignal): Promise<boolean>;
  stats(): VerifierStats;
  /** Refuses what waits and ends every verifier; resolves once no process of the pool is left. */
  close(): Promise<void>;
}

/** The queue is full: 503 with `Retry-After`. */
export class VerifierBusyError extends Error {
  /** Seconds after which trying again makes sense. */
  readonly retryAfter = 1;

  constructor() {
    super("Too many proofs wait for verification");
    this.name = "VerifierBusyError";
  }
}

/** No verifier lived to judge the proof: it is neither accepted nor refused. 503. */
export class VerifierLostError extends Error {
  readonly retryAfter = 1;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "VerifierLostError";
  }
}

/** What an operator may want to log of the pool; holds nothing of any proof. */
export type VerifierEvent =
  | { readonly type: "fallback"; readonly backend: "wasm"; readonly reason: string }
  | { readonly type: "died"; readonly backend: VerifierBackend; readonly reason: string }
  | { readonly type: "worn-out"; readonly backend: VerifierBackend }
  | { readonly type: "start-failed"; readonly backend: VerifierBackend; readonly reason: string };
