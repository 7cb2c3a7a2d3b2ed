import { createBarretenbergLane } from "../src/barretenberg-lane.js";
import type { ProverLane } from "../src/prover-pool.js";
import { openBbPipe } from "./bb-pipe.js";

/**
 * Opens a native bb: a process that lives as long as this one and does not keep it alive.
 *
 * @param options.crsFolder holds the checked reference string.
 * @throws Error where there is no bb for this platform or it does not run here.
 */
export async function openNativeLane(options: {
  readonly crsFolder: string;
  readonly threads: number;
}): Promise<ProverLane> {
  const [{ Barretenberg }, { findBbBinary }] = await Promise.all([
    import("@aztec/bb.js"),
    import("@aztec/bb.js/platform"),
  ]);
  const binary = findBbBinary();
  if (binary === null) throw new Error("bb.js has no bb for this platform");
  const backend = new Barretenberg(openBbPipe({ ...options, binary }), {});
  try {
    // A binary for another libc fails here and not in a call.
    await backend.blake2s({ data: new Uint8Array(1) });
    return await createBarretenbergLane(backend);
  } catch (error) {
    await backend.destroy();
    throw error;
  }
}
