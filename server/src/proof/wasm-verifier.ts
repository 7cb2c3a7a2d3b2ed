import { Worker } from "node:worker_threads";
import {
  type StatementWords,
  type Verdict,
  type VerifierWorker,
  type VerifierWorkerKind,
  WorkerDiedError,
} from "./verifier-worker.js";

const startTimeoutMs = 30_000;

/**
 * Verifiers that are WASM instances, a thread each, for platforms without a bb. A throw can leave an instance's memory
 * spoilt, and after some hundred of them it refuses valid proofs for good, so each lives for 20 throws.
 */
export function createWasmVerifiers({
  verificationKey,
}: {
  verificationKey: Uint8Array;
}): VerifierWorkerKind {
  return {
    backend: "wasm",
    depth: 1,
    maxThrows: 20,
    start: (onDeath) => startThread({ verificationKey, onDeath }),
    dispose: () => Promise.resolve(),
  };
}

async function startThread({
  verificationKey,
  onDeath,
}: {
  verificationKey: Uint8Array;
  onDeath: (error: WorkerDiedError) => void;
}): Promise<VerifierWorker> {
  const thread = new Worker(new URL("./wasm-verifier-thread.js", import.meta.url), {
    workerData: { verificationKey },
    // It needs none of the environment, where the server's secrets are.
    env: {},
  });
  const pending: { resolve: (verdict: Verdict) => void; reject: (error: Error) => void }[] = [];
  let death: WorkerDiedError | undefined;
  let closed = false;
  const giveUp = setTimeout(() => void thread.terminate(), startTimeoutMs);

  const ready = new Promise<void>((resolve, reject) => {
    const end = (reason: string): void => {
      if (death) return;
      death = new WorkerDiedError(`WASM verifier ${reason}`);
      reject(death);
      for (const job of pending.splice(0)) job.reject(death);
      if (!closed) onDeath(death);
    };
    thread.on("error", (error) => end(`failed: ${error instanceof Error ? error.message : String(error)}`));
    thread.on("exit", (code) => end(`ended with code ${code}`));
    thread.on("message", (message: Verdict | "ready") => {
      if (message === "ready") resolve();
      else pending.shift()?.resolve(message);
    });
  });
  await ready.finally(() => clearTimeout(giveUp));

  return {
    verify: (statement: StatementWords) =>
      new Promise((resolve, reject) => {
        if (death) {
          reject(death);
          return;
        }
        pending.push({ resolve, reject });
        thread.postMessage(statement);
      }),
    close: async () => {
      closed = true;
      await thread.terminate();
    },
  };
}
