import { BackendType, Barretenberg } from "@aztec/bb.js";
import { proofSettings } from "../src/proof-settings.js";
import { type ReferenceString, referenceStringPoints } from "./reference-string.js";

/**
 * Runs with a bb.js in WASM: the same on every platform, and, given the reference string in memory, it cannot turn
 * to the network for one.
 */
export async function withBackend<T>(
  referenceString: ReferenceString | undefined,
  run: (backend: Barretenberg) => Promise<T>,
): Promise<T> {
  const backend = await Barretenberg.new({ backend: BackendType.Wasm, threads: 1, skipSrsInit: true });
  try {
    if (referenceString)
      await backend.srsInitSrs({
        pointsBuf: referenceString.g1,
        numPoints: referenceStringPoints,
        g2Point: referenceString.g2,
      });
    return await run(backend);
  } finally {
    await backend.destroy();
  }
}

/** Rows of a circuit under the settings that proofs are made with. Needs no reference string. */
export async function countRows(backend: Barretenberg, acir: Uint8Array): Promise<number> {
  const { numGates } = await backend.circuitStats({
    circuit: { name: "key_auth", bytecode: acir, verificationKey: new Uint8Array() },
    includeGatesPerOpcode: false,
    settings: proofSettings,
  });
  return numGates;
}

/** The verification key of a circuit. Needs the reference string. */
export async function deriveVerificationKey(backend: Barretenberg, acir: Uint8Array): Promise<Uint8Array> {
  const { bytes } = await backend.circuitComputeVk({
    circuit: { name: "key_auth", bytecode: acir },
    settings: proofSettings,
  });
  return bytes;
}
