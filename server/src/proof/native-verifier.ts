import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Barretenberg } from "@aztec/bb.js";
import { findBbBinary } from "@aztec/bb.js/platform";
import { BbEndedError, startBbProcess } from "@vaultproof/circuits/bb-process";
import { proofBytes, proofSettings, publicInputOrder, wordBytes } from "@vaultproof/circuits/proof-settings";
import { verifierPoints } from "./verifier-points.js";
import {
  type StatementWords,
  type Verdict,
  type VerifierWorkerKind,
  WorkerDiedError,
} from "./verifier-worker.js";

const startTimeoutMs = 10_000;

const anyStatement: StatementWords = {
  proof: Array.from({ length: proofBytes / wordBytes }, () => new Uint8Array(wordBytes)),
  publicInputs: publicInputOrder.map(() => new Uint8Array(wordBytes)),
};

/**
 * Verifiers that are bb processes. They read the reference string from a folder, which is made here for them alone:
 * bb would fetch a missing one from the network.
 *
 * @throws Error if there is no bb for this platform
 */
export async function createNativeVerifiers({
  verificationKey,
}: {
  verificationKey: Uint8Array;
}): Promise<VerifierWorkerKind> {
  const binary = findBbBinary();
  if (binary === null) throw new Error("bb.js has no bb for this platform");
  const crsFolder = await mkdtemp(join(tmpdir(), "vaultproof-verifier-"));
  await writeFile(join(crsFolder, "bn254_g1.dat"), verifierPoints.g1);
  await writeFile(join(crsFolder, "bn254_g2.dat"), verifierPoints.g2);

  return {
    backend: "native",
    depth: 2,
    // A throw leaves nothing behind in a process: it unwinds, and only the answer is an error.
    maxThrows: Infinity,
    start: async (onDeath) => {
      const process = startBbProcess({
        binary,
        crsFolder,
        threads: 1,
        onEnd: (error) => onDeath(new WorkerDiedError(error.message)),
      });
      const backend = new Barretenberg(process, {});
      const giveUp = setTimeout(() => void process.destroy(), startTimeoutMs);
      // It counts as started once it answered; that the answer is a refusal does not matter.
      await verify({ backend, verificationKey, statement: anyStatement }).finally(() => clearTimeout(giveUp));
      return {
        verify: (statement) => verify({ backend, verificationKey, statement }),
        close: () => process.destroy(),
      };
    },
    dispose: () => rm(crsFolder, { recursive: true, force: true }),
  };
}

async function verify({
  backend,
  verificationKey,
  statement: { proof, publicInputs },
}: {
  backend: Barretenberg;
  verificationKey: Uint8Array;
  statement: StatementWords;
}): Promise<Verdict> {
  try {
    const { verified } = await backend.circuitVerify({
      verificationKey,
      publicInputs: [...publicInputs],
      proof: [...proof],
      settings: proofSettings,
    });
    return { verified, threw: false, broken: false };
  } catch (error) {
    if (error instanceof BbEndedError) throw new WorkerDiedError(error.message);
    return { verified: false, threw: true, broken: false };
  }
}
