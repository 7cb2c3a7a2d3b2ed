import { VaultProofError } from "../src/sdk-error.js";
import type { ProverLane } from "../src/prover-pool.js";
import type { ProverReport, ProverRequest, ProverStart } from "./prover-messages.js";

/** What the worker says on its way, for a bar and a word beside it. */
export type LaneProgress = Extract<ProverReport, { readonly step: string }>;

interface Pending {
  readonly resolve: (report: ProverReport) => void;
  readonly reject: (error: VaultProofError) => void;
}

/**
 * Starts a prover in a worker of its own and waits until it is ready.
 *
 * @param options.signal ends the worker while it loads, and with it its downloads.
 * @throws VaultProofError `prover-failed`; the signal's reason.
 */
export async function openWorkerLane(options: {
  readonly script: string;
  readonly start: Omit<ProverStart, "lifeLock">;
  readonly onProgress: (progress: LaneProgress) => void;
  readonly signal?: AbortSignal | undefined;
}): Promise<ProverLane> {
  const { signal } = options;
  signal?.throwIfAborted();
  const worker = new Worker(options.script, { type: "module", name: "vaultproof-prover" });
  let pending: Pending | undefined;
  let ended: VaultProofError | undefined;
  const settled = new AbortController();

  const end = (why: string): void => {
    if (ended !== undefined) return;
    ended = new VaultProofError("prover-failed", why);
    settled.abort();
    worker.terminate();
    pending?.reject(ended);
  };
  worker.addEventListener("message", ({ data }: MessageEvent<ProverReport>) => {
    if ("step" in data) options.onProgress(data);
    else if ("failure" in data) pending?.reject(new VaultProofError("prover-failed", data.failure));
    else pending?.resolve(data);
  });
  // Without a message where the script did not load at all.
  worker.addEventListener("error", ({ message }: Partial<ErrorEvent>) =>
    end(message ?? "the prover's script did not load"),
  );
  const ask = async (request: ProverRequest): Promise<ProverReport> => {
    if (ended !== undefined) throw ended;
    try {
      return await new Promise<ProverReport>((resolve, reject) => {
        pending = { resolve, reject };
        worker.postMessage(request);
      });
    } finally {
      pending = undefined;
    }
  };

  const lifeLock = `vaultproof-prover-${crypto.randomUUID()}`;
  const stop = (): void => end("loading was aborted");
  signal?.addEventListener("abort", stop, { once: true });
  try {
    await ask({ start: { ...options.start, lifeLock } });
  } catch (error) {
    end("it did not start");
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
  whenReleased(lifeLock, settled.signal, () => end("the prover's worker ended"));
  return {
    prove: async (witness) => {
      const report = await ask({ witness });
      if (!("proof" in report)) throw new VaultProofError("prover-failed", "the worker answered out of turn");
      return report;
    },
    close: () => {
      end("the prover was closed");
      return Promise.resolve();
    },
  };
}

/** Calls back when nobody holds the lock any more: the worker that did is gone. */
function whenReleased(lock: string, signal: AbortSignal, callback: () => void): void {
  const locks = navigator.locks as LockManager | undefined;
  void locks?.request(lock, { signal }, callback).catch(() => undefined);
}
