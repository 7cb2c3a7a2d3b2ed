import type { ProverStart } from "./prover-messages.js";

/**
 * What bb.js asks of its platform, answered by us: its own modules for browsers hold the WebAssembly as base64 `data:` URLs,
 * which a strict policy forbids, and start its threads from a path that our bundle does not have. The bundle's build
 * script puts this module in the place of both.
 */
let given: { readonly module: WebAssembly.Module; readonly start: ProverStart } | undefined;

/** Says what bb is to run on; to be called before bb is made. */
export function giveBarretenberg(module: WebAssembly.Module, start: ProverStart): void {
  given = { module, start };
}

/** In the place of bb.js's `barretenberg_wasm/index.js`. */
export function fetchModuleAndThreads(): Promise<{ module: WebAssembly.Module; threads: number }> {
  const { module, start } = platform();
  return Promise.resolve({ module, threads: start.threads });
}

/** In the place of bb.js's `barretenberg_wasm_thread/factory/browser/index.js`. */
export function createThreadWorker(): Promise<Worker> {
  const worker = new Worker(platform().start.threadWorker, { type: "module" });
  return new Promise((resolve, reject) => {
    // bb.js's script says once that it listens.
    const onMessage = ({ data }: MessageEvent<unknown>): void => {
      if (typeof data !== "object" || data === null || !("ready" in data)) return;
      worker.removeEventListener("message", onMessage);
      resolve(worker);
    };
    worker.addEventListener("message", onMessage);
    worker.addEventListener("error", () => reject(new Error("the script of bb's threads did not load")));
  });
}

function platform(): NonNullable<typeof given> {
  if (given === undefined) throw new Error("bb was asked for before it was loaded");
  return given;
}
