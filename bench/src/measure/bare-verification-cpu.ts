import type { Prover } from "@vaultproof/sdk";
import { cpuMilliseconds } from "../machine/process-cpu.js";
import { startNative, verifyBare, withPids } from "../proofs/bare-bb.js";
import { proveStatement } from "../proofs/proved-statement.js";
import { randomWitness } from "../proofs/random-witness.js";
import type { ProvingMaterial } from "../proofs/reference-string.js";
import { sum } from "../statistics.js";

/** Tells what a proof costs a bb process that does nothing else. */
export interface BareVerifier {
  /** CPU milliseconds, user and system, of the bb process for so many verifications in a row. */
  cpuOf(verifications: number): Promise<number>;
  close(): Promise<void>;
}

const PROOFS = 8;

export async function openBareVerifier(material: ProvingMaterial, prover: Prover): Promise<BareVerifier> {
  const proofs = await Promise.all(
    Array.from({ length: PROOFS }, () => proveStatement(prover, randomWitness())),
  );
  const { started: backend, pids } = await withPids(() => startNative(material, 1));
  const used = (): number => sum(pids.map(cpuMilliseconds));
  return {
    cpuOf: async (verifications) => {
      const before = used();
      for (let done = 0; done < verifications; done += proofs.length) {
        for (const proof of proofs.slice(0, verifications - done)) await verifyBare(backend, proof);
      }
      return used() - before;
    },
    close: () => backend.destroy(),
  };
}
