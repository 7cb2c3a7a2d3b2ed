import { startBbProcess } from "@vaultproof/circuits/bb-process";
import { abortable } from "../src/abortable.js";
import { createBarretenbergLane } from "../src/barretenberg-lane.js";
import type { ProverLane } from "../src/prover-pool.js";

/**
 * Opens a native bb: a process that lives as long as this one and does not keep it alive.
 *
 * @param options.crsFolder holds the checked reference string.
 * @param options.startTimeout milliseconds until a bb that says nothing is ended.
 * @throws Error where there is no bb for this platform or it does not run here; a TimeoutError where it runs and does
 *   not answer.
 */
export async function openNativeLane(options: {
  readonly crsFolder: string;
  readonly threads: number;
  readonly startTimeout: number;
}): Promise<ProverLane> {
  const [{ Barretenberg }, { findBbBinary }] = await Promise.all([
    import("@aztec/bb.js"),
    import("@aztec/bb.js/platform"),
  ]);
  const binary = findBbBinary();
  if (binary === null) throw new Error("bb.js has no bb for this platform");
  const backend = new Barretenberg(
    startBbProcess({ binary, crsFolder: options.crsFolder, threads: options.threads }),
    {},
  );
  try {
    // A binary for another libc fails here and not in a call.
    await abortable(backend.blake2s({ data: new Uint8Array(1) }), AbortSignal.timeout(options.startTimeout));
    return await createBarretenbergLane(backend);
  } catch (error) {
    await backend.destroy();
    throw error;
  }
}
