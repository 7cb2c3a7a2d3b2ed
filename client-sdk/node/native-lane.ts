import type { Barretenberg } from "@aztec/bb.js";
import { createBarretenbergLane } from "../src/barretenberg-lane.js";
import type { ProverLane } from "../src/prover-pool.js";

/**
 * Opens a native bb: a process that lives as long as this one, reached over a socket that does not keep it alive.
 *
 * @param options.crsFolder holds the checked reference string.
 * @throws Error where there is no bb for this platform or it does not run here.
 */
export async function openNativeLane(options: {
  readonly crsFolder: string;
  readonly threads: number;
}): Promise<ProverLane> {
  const { Barretenberg, BackendType } = await import("@aztec/bb.js");
  // bb takes the folder from its environment only. The process is spawned before `new` first waits, so nobody else
  // runs while ours differs.
  const before = process.env.CRS_PATH;
  process.env.CRS_PATH = options.crsFolder;
  let starting: Promise<Barretenberg>;
  try {
    starting = Barretenberg.new({
      backend: BackendType.NativeUnixSocket,
      threads: options.threads,
      skipSrsInit: true,
      unref: true,
    });
  } finally {
    if (before === undefined) delete process.env.CRS_PATH;
    else process.env.CRS_PATH = before;
  }
  const backend = await starting;
  try {
    // The first question is what waits for the process; a binary for another libc fails here and not in a call.
    await backend.blake2s({ data: new Uint8Array(1) });
    return await createBarretenbergLane(backend);
  } catch (error) {
    await backend.destroy();
    throw error;
  }
}
