import { availableParallelism } from "node:os";
import { FairQueue } from "./fair-queue.js";
import { createNativeVerifiers } from "./native-verifier.js";
import {
  type ProofStatement,
  type ProofVerifier,
  VerifierBusyError,
  type VerifierEvent,
  VerifierLostError,
  type VerifierStats,
} from "./proof-verifier.js";
import { toStatementWords } from "./statement-words.js";
import { type Job, VerifierLane } from "./verifier-lane.js";
import type { VerifierWorkerKind } from "./verifier-worker.js";
import { createWasmVerifiers } from "./wasm-verifier.js";

export interface VerifierPoolOptions {
  /** The key of the circuit, already compared with its manifest. */
  readonly verificationKey: Uint8Array;
  /** Verifiers, by default one a core. */
  readonly size?: number;
  /** Proofs that may wait, by default 128 a verifier: about a third of a second native. */
  readonly maxQueue?: number;
  /** `auto`, the default, takes bb where it runs and WASM elsewhere. */
  readonly backend?: "native" | "wasm" | "auto";
  /** Milliseconds after which a verifier that does not answer is given up. */
  readonly timeoutMs?: number;
  readonly onEvent?: (event: VerifierEvent) => void;
}

/**
 * Starts long-lived verifiers and a queue before them in which the keys of the statements take turns, so that proofs
 * that fail, which anyone who knows a slot and an app can send, hold up no other slot. No process or thread is ever
 * made for a proof; one that dies is replaced, and the proof that it was judging goes to another, once. A verifier that
 * throws has refused, and is not asked again.
 *
 * @returns once every verifier answered
 * @throws Error if the backend that was asked for does not run here
 */
export async function createVerifierPool({
  verificationKey,
  size = availableParallelism(),
  maxQueue = 128 * size,
  backend = "auto",
  timeoutMs = 5_000,
  onEvent = () => undefined,
}: VerifierPoolOptions): Promise<ProofVerifier> {
  const start = async (kind: VerifierWorkerKind): Promise<ProofVerifier> => {
    const pool = new VerifierPool({ kind, size, maxQueue, timeoutMs, onEvent });
    await pool.start();
    return pool;
  };
  if (backend === "wasm") return await start(createWasmVerifiers({ verificationKey }));
  try {
    return await start(await createNativeVerifiers({ verificationKey }));
  } catch (error) {
    if (backend === "native") throw error;
    onEvent({
      type: "fallback",
      backend: "wasm",
      reason: error instanceof Error ? error.message : String(error),
    });
    return await start(createWasmVerifiers({ verificationKey }));
  }
}

class VerifierPool implements ProofVerifier {
  readonly #kind: VerifierWorkerKind;
  readonly #lanes: readonly VerifierLane[];
  /** Empty while a verifier has room. */
  readonly #queue: FairQueue<Job>;
  #closing: Promise<void> | undefined;

  constructor({
    kind,
    size,
    maxQueue,
    timeoutMs,
    onEvent,
  }: Required<Pick<VerifierPoolOptions, "size" | "maxQueue" | "timeoutMs" | "onEvent">> & {
    kind: VerifierWorkerKind;
  }) {
    this.#kind = kind;
    this.#queue = new FairQueue({ capacity: maxQueue });
    // What a verifier left unjudged had its turn, so it goes to the front.
    const giveBack = (jobs: readonly Job[]): void => this.#queue.putBack(jobs);
    const onRoom = (): void => this.#dispatch();
    this.#lanes = Array.from(
      { length: size },
      () => new VerifierLane({ kind, timeoutMs, onEvent, giveBack, onRoom }),
    );
  }

  /** Waits until each lane has a verifier. Throws, leaving nothing behind, if one has none. */
  async start(): Promise<void> {
    try {
      await Promise.all(this.#lanes.map((lane) => lane.start()));
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async verify(statement: ProofStatement, signal?: AbortSignal): Promise<boolean> {
    signal?.throwIfAborted();
    if (this.#closing) throw new VerifierLostError("The verifier was closed");
    const words = toStatementWords(statement);
    if (!words) return false;
    let job: Job | undefined;
    const onAbort = (): void => this.#withdraw(job, signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      return await new Promise<boolean>((resolve, reject) => {
        job = { words, deaths: 0, resolve, reject };
        this.#admit(statement.queueKey ?? "", job);
      });
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  stats(): VerifierStats {
    return {
      workers: this.#lanes.filter((lane) => lane.isUp).length,
      queued: this.#queue.size,
      restarts: this.#lanes.reduce((sum, lane) => sum + lane.restarts, 0),
      backend: this.#kind.backend,
    };
  }

  async close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    await this.#closing;
  }

  async #closeAll(): Promise<void> {
    for (let job = this.#queue.take(); job; job = this.#queue.take())
      job.reject(new VerifierLostError("The verifier was closed"));
    await Promise.all(this.#lanes.map((lane) => lane.close()));
    await this.#kind.dispose();
  }

  #admit(key: string, job: Job): void {
    const lane = this.#freestLane();
    if (lane) lane.take(job);
    else this.#queue.add(key, job)?.reject(new VerifierBusyError());
  }

  /** A caller that went away gives up its place in the queue; what a verifier already has is let finish. */
  #withdraw(job: Job | undefined, reason: unknown): void {
    if (!job || !this.#queue.remove(job)) return;
    job.reject(reason instanceof Error ? reason : new Error("Aborted"));
  }

  /** Hands waiting proofs, in turn, to the verifiers that have the least to do. */
  #dispatch(): void {
    for (let lane = this.#freestLane(); lane; lane = this.#freestLane()) {
      const job = this.#queue.take();
      if (!job) return;
      lane.take(job);
    }
  }

  /** @returns undefined if none has room */
  #freestLane(): VerifierLane | undefined {
    return this.#lanes.reduce<VerifierLane | undefined>(
      (best, lane) => (lane.room > (best?.room ?? 0) ? lane : best),
      undefined,
    );
  }
}
