import { proofBytes } from "@vaultproof/circuits/proof-settings";
import { fieldToBytes } from "@vaultproof/protocol/field";
import { publicInputs, type Statement } from "@vaultproof/protocol/statement";
import type { CallWitness, Prover } from "@vaultproof/sdk";

/** A prover that proves nothing: its proof carries its public inputs. Keeps what it was asked. */
export interface StubProver extends Prover {
  readonly witnesses: CallWitness[];
}

/** @param before runs before each proof is handed out. */
export function createStubProver(before: () => Promise<void> = () => Promise.resolve()): StubProver {
  const witnesses: CallWitness[] = [];
  return {
    witnesses,
    prove: async (witness) => {
      witnesses.push(witness);
      await before();
      return { proof: stubProof(witness.statement) };
    },
    close: () => Promise.resolve(),
  };
}

/** Whether a stub's proof was made for this very statement. */
export function verifyStubProof(proof: Uint8Array, statement: Statement): boolean {
  return Buffer.from(stubProof(statement)).equals(proof);
}

function stubProof(statement: Statement): Uint8Array {
  const proof = new Uint8Array(proofBytes);
  publicInputs(statement).forEach((input, i) => proof.set(fieldToBytes(input), 32 * i));
  return proof;
}
