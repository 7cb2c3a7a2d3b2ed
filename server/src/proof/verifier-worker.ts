/**
 * A statement as the words that bb takes, in a row: the proof's, then the public inputs'. Each has 32 bytes and is below
 * the field's modulus.
 */
export type StatementWords = Uint8Array<ArrayBuffer>;

/** What one verifier said. */
export interface Verdict {
  readonly verified: boolean;
  /** It threw instead of answering. That is a refusal: malformed points make bb throw. */
  readonly threw: boolean;
  /** Its memory is no longer to be trusted, so that it must not judge another proof. */
  readonly broken: boolean;
}

/** One long-lived verifier: a bb process, or a WASM instance in a thread. */
export interface VerifierWorker {
  /**
   * Answers in the order of the calls.
   *
   * @throws {WorkerDiedError} if it ends before it answered
   */
  verify(statement: StatementWords): Promise<Verdict>;
  /** Ends it at once, whatever it is doing; resolves when it is gone. */
  close(): Promise<void>;
}

/** The verifier is gone, by itself or by another's hand; says nothing about the proof. */
export class WorkerDiedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "WorkerDiedError";
  }
}

/** How to make verifiers of one kind, and how to treat them. */
export interface VerifierWorkerKind {
  readonly backend: "native" | "wasm";
  /** Proofs handed to one at a time; the second travels while the first is judged. */
  readonly depth: number;
  /** Throws after which one is replaced. */
  readonly maxThrows: number;
  /**
   * @param onDeath - called once if it ends without having been closed
   * @throws Error if none can be made here
   */
  start(onDeath: (error: WorkerDiedError) => void): Promise<VerifierWorker>;
  /** Releases what all of them share, after the last was closed. */
  dispose(): Promise<void>;
}
