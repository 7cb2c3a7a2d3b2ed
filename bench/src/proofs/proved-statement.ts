import { publicInputs } from "@vaultproof/protocol/statement";
import { fieldToBytes } from "@vaultproof/protocol/field";
import type { CallWitness, Prover } from "@vaultproof/sdk";

const WORD_BYTES = 32;

/** A proof and what it proves, as the pool takes them and as bb does. */
export interface ProvedStatement {
  readonly proof: Uint8Array;
  readonly publicInputs: readonly Uint8Array[];
  /** The same, the proof cut into words of 32 bytes. */
  readonly words: { readonly proof: Uint8Array[]; readonly publicInputs: Uint8Array[] };
}

/** Proves a witness. Throws what the prover throws. */
export async function proveStatement(prover: Prover, witness: CallWitness): Promise<ProvedStatement> {
  const { proof } = await prover.prove(witness);
  const inputs = publicInputs(witness.statement).map(fieldToBytes);
  const cut = Array.from({ length: proof.length / WORD_BYTES }, (_, i) =>
    proof.slice(i * WORD_BYTES, (i + 1) * WORD_BYTES),
  );
  return { proof, publicInputs: inputs, words: { proof: cut, publicInputs: inputs } };
}
