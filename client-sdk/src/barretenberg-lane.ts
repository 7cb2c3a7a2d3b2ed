import type { Barretenberg } from "@aztec/bb.js";
import { proofBytes, proofSettings } from "@vaultproof/circuits/proof-settings";
import { verificationKey } from "@vaultproof/circuits/verification-key";
import { concatBytes } from "@vaultproof/protocol/encoding";
import { fieldFromBytes } from "@vaultproof/protocol/field";
import { publicInputs } from "@vaultproof/protocol/statement";
import { circuitBytecode, loadWitnessSolver } from "./call-witness-solver.js";
import type { ProverLane } from "./prover-pool.js";
import type { CallWitness } from "./prover.js";
import { VaultProofError } from "./sdk-error.js";

/**
 * One bb, whichever it is, as a lane of a prover pool. The low-level interface of bb.js, because the one above writes
 * to the console and unzips the same program for each proof.
 *
 * @param backend has the reference string already.
 * @param onStep told what a proof has come to.
 */
export async function createBarretenbergLane(
  backend: Pick<Barretenberg, "circuitProve" | "destroy">,
  onStep: (step: "witness" | "prove") => void = () => undefined,
): Promise<ProverLane> {
  const [solve, bytecode] = await Promise.all([loadWitnessSolver(), circuitBytecode()]);
  // With the verification key at hand bb does not derive it anew for each proof.
  const circuit = { name: "key_auth", bytecode, verificationKey };
  return {
    prove: async (witness) => {
      onStep("witness");
      const solved = await solve(witness);
      onStep("prove");
      const made = await backend.circuitProve({ circuit, witness: solved, settings: proofSettings });
      assertIntended(made.publicInputs, witness);
      const proof = concatBytes(...made.proof);
      if (proof.length !== proofBytes) {
        throw new VaultProofError("prover-failed", `bb made a proof of ${proof.length} bytes`);
      }
      return { proof };
    },
    close: () => backend.destroy(),
  };
}

function assertIntended(proved: readonly Uint8Array[], { statement }: CallWitness): void {
  const intended = publicInputs(statement);
  const same =
    proved.length === intended.length && proved.every((input, i) => fieldFromBytes(input) === intended[i]);
  if (!same) throw new VaultProofError("prover-failed", "bb proved another statement");
}
