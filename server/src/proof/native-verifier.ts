import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findBbBinary } from "@aztec/bb.js/platform";
import { BbEndedError, startBbProcess, type BbProcess } from "@vaultproof/circuits/bb-process";
import { proofBytes, publicInputOrder, wordBytes } from "@vaultproof/circuits/proof-settings";
import { createVerifyFrame, isVerified, type VerifyFrame } from "./verify-frame.js";
import { verifierPoints } from "./verifier-points.js";
import {
  type StatementWords,
  type Verdict,
  type VerifierWorkerKind,
  WorkerDiedError,
} from "./verifier-worker.js";

const startTimeoutMs = 10_000;

const anyStatement: StatementWords = new Uint8Array(proofBytes + publicInputOrder.length * wordBytes);

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
  const frame = await createVerifyFrame(verificationKey);

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
      const giveUp = setTimeout(() => void process.destroy(), startTimeoutMs);
      // It counts as started once it answered; that the answer is a refusal does not matter.
      await verify({ process, frame }, anyStatement).finally(() => clearTimeout(giveUp));
      return {
        verify: (statement) => verify({ process, frame }, statement),
        close: () => process.destroy(),
      };
    },
    dispose: () => rm(crsFolder, { recursive: true, force: true }),
  };
}

async function verify(
  { process, frame }: { readonly process: BbProcess; readonly frame: VerifyFrame },
  statement: StatementWords,
): Promise<Verdict> {
  try {
    const verified = isVerified(await process.call(frame(statement)));
    return { verified: verified === true, threw: verified === undefined, broken: false };
  } catch (error) {
    if (error instanceof BbEndedError) throw new WorkerDiedError(error.message);
    throw error;
  }
}
