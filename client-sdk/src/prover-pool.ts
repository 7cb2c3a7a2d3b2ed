import { abortable } from "./abortable.js";
import type { CallWitness, Prover } from "./prover.js";
import { VaultProofError } from "./sdk-error.js";

/** One prover that does one thing at a time. */
export interface ProverLane {
  prove(witness: CallWitness): Promise<{ readonly proof: Uint8Array }>;
  close(): Promise<void>;
}

interface Job {
  readonly witness: CallWitness;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (proof: { readonly proof: Uint8Array }) => void;
  readonly reject: (reason: unknown) => void;
}

/** A lane that failed may only have died; a second failure is the witness's or the machine's. */
const ATTEMPTS = 2;

/**
 * Proves on up to `lanes` lanes, first come first served. Lanes are opened when there is work for them and kept; one
 * that fails is replaced, and what it was doing is done once more.
 *
 * @param options.first an open lane, so that a platform on which none opens is known at once.
 */
export function createProverPool(options: {
  readonly first: ProverLane;
  readonly openLane: () => Promise<ProverLane>;
  readonly lanes: number;
}): Prover {
  const queue: Job[] = [];
  const idle: ProverLane[] = [options.first];
  const running = new Set<Promise<void>>();
  let closed = false;

  const dispatch = (): void => {
    while (queue.length > 0 && running.size < options.lanes) {
      const job = queue.shift();
      if (job === undefined || job.signal?.aborted === true) continue;
      const work = run(job).finally(() => {
        running.delete(work);
        dispatch();
      });
      running.add(work);
    }
  };
  const run = async (job: Job): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      let lane: ProverLane | undefined;
      try {
        lane = idle.pop() ?? (await options.openLane());
        const proof = await lane.prove(job.witness);
        idle.push(lane);
        job.resolve(proof);
        return;
      } catch (cause) {
        await lane?.close().catch(() => undefined);
        if (closed || attempt === ATTEMPTS) {
          job.reject(failure(cause));
          return;
        }
      }
    }
  };
  return {
    prove: async (witness, { signal } = {}) => {
      signal?.throwIfAborted();
      if (closed) throw new VaultProofError("closed", "its prover has ended");
      const proved = new Promise<{ readonly proof: Uint8Array }>((resolve, reject) => {
        queue.push({ witness, signal, resolve, reject });
      });
      dispatch();
      return abortable(proved, signal);
    },
    close: async () => {
      closed = true;
      for (const job of queue.splice(0)) job.reject(new VaultProofError("closed", "its prover has ended"));
      await Promise.all(running);
      await Promise.all(idle.splice(0).map((lane) => lane.close()));
    },
  };
}

function failure(cause: unknown): VaultProofError {
  if (cause instanceof VaultProofError) return cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  return new VaultProofError("prover-failed", said, { cause });
}
