import { parentPort, workerData } from "node:worker_threads";
import { BackendType, Barretenberg } from "@aztec/bb.js";
import { proofBytes, proofSettings, wordBytes } from "@vaultproof/circuits/proof-settings";
import { verifierPoints } from "./verifier-points.js";
import type { Verdict } from "./verifier-worker.js";

// The thread of one WASM verifier: it takes statements one by one and answers each with a verdict. In a thread,
// because a verification takes the processor for milliseconds that the server's event loop has not.

const { verificationKey } = workerData as { verificationKey: Uint8Array };

const port = parentPort;
if (!port) throw new Error("This module is the body of a worker thread");

const backend = await Barretenberg.new({ backend: BackendType.Wasm, threads: 1, skipSrsInit: true });
await backend.srsInitSrs({
  pointsBuf: verifierPoints.g1,
  numPoints: verifierPoints.count,
  g2Point: verifierPoints.g2,
});

port.on("message", (joined: Uint8Array) => {
  void judge(joined).then((verdict) => port.postMessage(verdict));
});
port.postMessage("ready");

async function judge(joined: Uint8Array): Promise<Verdict> {
  try {
    const { verified } = await backend.circuitVerify({
      verificationKey,
      publicInputs: cutWords(joined.subarray(proofBytes)),
      proof: cutWords(joined.subarray(0, proofBytes)),
      settings: proofSettings,
    });
    return { verified, threw: false, broken: false };
  } catch (error) {
    // WebAssembly.RuntimeError comes from the engine and not from bb: the instance overran its own memory.
    return { verified: false, threw: true, broken: error instanceof Error && error.name === "RuntimeError" };
  }
}

function cutWords(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / wordBytes }, (_, index) =>
    bytes.subarray(index * wordBytes, (index + 1) * wordBytes),
  );
}
