import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { CallWitness } from "../src/prover.js";
import type { ProverLane } from "../src/prover-pool.js";
import { VaultProofError } from "../src/sdk-error.js";
import type { ReferenceString } from "./reference-string.js";

/** What the thread is started with. */
export interface WasmLaneData {
  readonly g1: Uint8Array;
  readonly g2: Uint8Array;
  readonly points: number;
}

/** What the thread answers: once when it is ready, then once a witness. */
export type WasmLaneAnswer =
  { readonly proof: Uint8Array } | { readonly failure: string } | { readonly ready: true };

/**
 * Opens a bb in WebAssembly on a thread of its own, so that the half second of a proof does not stop the process's other
 * work. bb.js has such a thread too, but one that keeps the process alive for good; this one does so only while it
 * proves, so that a script ends by itself.
 */
export async function openWasmLane(options: {
  readonly referenceString: ReferenceString;
  readonly points: number;
}): Promise<ProverLane> {
  const { g1, g2 } = options.referenceString;
  const workerData: WasmLaneData = { g1, g2, points: options.points };
  const worker = new Worker(new URL("./wasm-lane-thread.js", import.meta.url), { workerData });
  try {
    await nextAnswer(worker);
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  worker.unref();
  return {
    prove: async (witness: CallWitness) => {
      worker.ref();
      try {
        const answer = nextAnswer(worker);
        worker.postMessage(witness);
        const made = await answer;
        if (!("proof" in made)) throw new VaultProofError("prover-failed", "the thread answered out of turn");
        return made;
      } finally {
        worker.unref();
      }
    },
    close: async () => {
      await worker.terminate();
    },
  };
}

async function nextAnswer(worker: Worker): Promise<WasmLaneAnswer> {
  const done = new AbortController();
  const { signal } = done;
  try {
    // An `error` of the thread makes `once` reject.
    const ended = once(worker, "exit", { signal }).then(() => {
      throw new VaultProofError("prover-failed", "the prover's thread ended");
    });
    const [answer] = (await Promise.race([once(worker, "message", { signal }), ended])) as [WasmLaneAnswer];
    if ("failure" in answer) throw new VaultProofError("prover-failed", answer.failure);
    return answer;
  } finally {
    done.abort();
  }
}
