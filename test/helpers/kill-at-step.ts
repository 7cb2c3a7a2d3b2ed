import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

/**
 * Loaded into a process by `--import`: ends it with SIGKILL, as a power cut would, at step `KILL_AT_STEP`. A step is each
 * rename, link or removal of a file, just before it, and each answer of the network, just after it: between two steps
 * nothing outside the process changes but drafts of files.
 */
const at = Number(process.env.KILL_AT_STEP ?? "0");
let step = 0;

function takeStep(): void {
  step++;
  if (step === at) process.kill(process.pid, "SIGKILL");
}

type Anything = (...args: unknown[]) => unknown;

for (const name of ["rename", "link", "rm"] as const) {
  const promised = fs.promises as unknown as Record<string, Anything>;
  const called = fs as unknown as Record<string, Anything>;
  const inPromises = promised[name]?.bind(fs.promises);
  const inCallbacks = called[name]?.bind(fs);
  promised[name] = (...args) => {
    takeStep();
    return inPromises?.(...args);
  };
  called[name] = (...args) => {
    takeStep();
    return inCallbacks?.(...args);
  };
}
syncBuiltinESMExports();

const realFetch = globalThis.fetch;
globalThis.fetch = async (...args) => {
  const response = await realFetch(...args);
  takeStep();
  return response;
};

process.on("exit", () => {
  if (process.env.KILL_COUNT_FILE !== undefined) fs.writeFileSync(process.env.KILL_COUNT_FILE, String(step));
});
