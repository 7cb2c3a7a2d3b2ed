import { parentPort, workerData } from "node:worker_threads";
import { BackendType, Barretenberg } from "@aztec/bb.js";
import { createBarretenbergLane } from "../src/barretenberg-lane.js";
import type { CallWitness } from "../src/prover.js";
import type { WasmLaneAnswer, WasmLaneData } from "./wasm-lane.js";

// The thread behind a WASM lane: one witness in, one proof or failure out.
const { g1, g2, points } = workerData as WasmLaneData;
const backend = await Barretenberg.new({ backend: BackendType.Wasm, threads: 1, skipSrsInit: true });
await backend.srsInitSrs({ pointsBuf: g1, numPoints: points, g2Point: g2 });
const lane = await createBarretenbergLane(backend);

parentPort?.on("message", (witness: CallWitness) => {
  void prove(witness).then((answer) => parentPort?.postMessage(answer));
});
parentPort?.postMessage({ ready: true } satisfies WasmLaneAnswer);

async function prove(witness: CallWitness): Promise<WasmLaneAnswer> {
  try {
    return await lane.prove(witness);
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}
