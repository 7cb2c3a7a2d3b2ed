import { type VerifierEvent, VerifierLostError } from "./proof-verifier.js";
import {
  type StatementWords,
  type Verdict,
  type VerifierWorker,
  type VerifierWorkerKind,
  WorkerDiedError,
} from "./verifier-worker.js";

/** A proof and the caller that waits for the answer. */
export interface Job {
  readonly words: StatementWords;
  /** Verifiers that died while they were judging it. */
  deaths: number;
  resolve(verified: boolean): void;
  reject(error: Error): void;
}

export interface LaneOptions {
  readonly kind: VerifierWorkerKind;
  /** Milliseconds that the verifier may take over one proof. */
  readonly timeoutMs: number;
  readonly onEvent: (event: VerifierEvent) => void;
  /** Takes back proofs that a dead verifier left unjudged. */
  readonly giveBack: (jobs: readonly Job[]) => void;
  /** Called when the lane can take a proof. */
  readonly onRoom: () => void;
}

/** Pause before another try after starting failed, doubled up to the second. */
const firstPauseMs = 50;
const longestPauseMs = 5_000;

/** The place of one verifier in the pool. The verifier itself comes and goes; the lane sees that there is one. */
export class VerifierLane {
  readonly #options: LaneOptions;
  #worker: VerifierWorker | undefined;
  /** What the verifier has, in the order in which it answers. */
  #running: Job[] = [];
  #throws = 0;
  #restarts = 0;
  #closed = false;
  #watchdog: NodeJS.Timeout | undefined;
  /** Verifiers on their way in or out, for which closing waits. */
  readonly #unfinished = new Set<Promise<unknown>>();

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  get isUp(): boolean {
    return this.#worker !== undefined;
  }

  /** How many proofs it takes now. */
  get room(): number {
    return this.#worker ? this.#options.kind.depth - this.#running.length : 0;
  }

  /** How often its verifier was replaced. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Starts a verifier. Throws if none can be started. */
  async start(): Promise<void> {
    await this.#track(this.#startWorker());
  }

  /** Has a proof judged; only for a lane with room. */
  take(job: Job): void {
    const worker = this.#worker;
    if (!worker) throw new Error("a lane without a verifier has no room");
    this.#running.push(job);
    if (this.#running.length === 1) this.#watch();
    // Whatever a verifier says after it was given up is void: its proofs are with another by then.
    worker.verify(job.words).then(
      (verdict) => {
        if (worker === this.#worker) this.#settle(job, verdict);
      },
      (error: unknown) => {
        if (worker === this.#worker) this.#lose(error);
      },
    );
  }

  /** Ends the verifier and refuses what it has; resolves when it is gone. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const job of this.#running.splice(0)) job.reject(new VerifierLostError("The verifier was closed"));
    this.#dismiss();
    await Promise.allSettled(this.#unfinished);
  }

  async #startWorker(): Promise<void> {
    const { kind, onRoom } = this.#options;
    let early: WorkerDiedError | undefined;
    const worker: VerifierWorker = await kind.start((error) => {
      if (!this.#worker) early = error;
      else if (this.#worker === worker) this.#lose(error);
    });
    if (early ?? this.#closed) {
      await worker.close();
      throw early ?? new WorkerDiedError("closed while starting");
    }
    this.#worker = worker;
    this.#throws = 0;
    onRoom();
  }

  #settle(job: Job, { verified, threw, broken }: Verdict): void {
    const { kind, onEvent, onRoom, giveBack } = this.#options;
    this.#running = this.#running.filter((other) => other !== job);
    this.#watch();
    job.resolve(verified);
    if (threw) this.#throws += 1;
    if (broken || this.#throws >= kind.maxThrows) {
      onEvent({ type: "worn-out", backend: kind.backend });
      giveBack(this.#running.splice(0));
      this.#replace();
    }
    onRoom();
  }

  #lose(error: unknown): void {
    const { kind, onEvent, onRoom, giveBack } = this.#options;
    onEvent({ type: "died", backend: kind.backend, reason: messageOf(error) });
    const [judged, ...untouched] = this.#running.splice(0);
    this.#replace();
    giveBack(untouched);
    if (judged) {
      // Only the proof that it was at can be the cause. One that has cost two verifiers gets no third.
      judged.deaths += 1;
      if (judged.deaths === 1) giveBack([judged]);
      else judged.reject(new VerifierLostError("Two verifiers died over one proof", { cause: error }));
    }
    onRoom();
  }

  #watch(): void {
    const { timeoutMs } = this.#options;
    clearTimeout(this.#watchdog);
    if (this.#running.length === 0) return;
    this.#watchdog = setTimeout(
      () => this.#lose(new WorkerDiedError(`no answer in ${timeoutMs} ms`)),
      timeoutMs,
    );
  }

  #replace(): void {
    this.#dismiss();
    if (!this.#closed) void this.#restart();
  }

  async #restart(): Promise<void> {
    const { kind, onEvent } = this.#options;
    this.#restarts += 1;
    for (let pause = firstPauseMs; !this.#closed; pause = Math.min(2 * pause, longestPauseMs)) {
      try {
        await this.start();
        return;
      } catch (error) {
        onEvent({ type: "start-failed", backend: kind.backend, reason: messageOf(error) });
        await new Promise((resolve) => setTimeout(resolve, pause).unref());
      }
    }
  }

  #dismiss(): void {
    clearTimeout(this.#watchdog);
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker) void this.#track(worker.close());
  }

  #track(work: Promise<void>): Promise<void> {
    this.#unfinished.add(work);
    const forget = (): unknown => this.#unfinished.delete(work);
    work.then(forget, forget);
    return work;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
