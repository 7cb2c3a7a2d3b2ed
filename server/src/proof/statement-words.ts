import { proofBytes, publicInputOrder, wordBytes } from "@vaultproof/circuits/proof-settings";
import { FIELD_MODULUS, FIELD_BYTES } from "@vaultproof/protocol/field";
import type { ProofStatement } from "./proof-verifier.js";
import type { StatementWords } from "./verifier-worker.js";

const modulus = Buffer.from(FIELD_MODULUS.toString(16).padStart(2 * FIELD_BYTES, "0"), "hex");

/**
 * Puts the words of a statement in a row and checks each, before any verifier sees them: bb throws on a word that is
 * not below the modulus, and enough throws leave a WASM instance unable to judge (see docs of the pool). It also means
 * that there is one encoding only of each proof and each input.
 *
 * @returns undefined if a length or a word is wrong
 */
export function toStatementWords({ proof, publicInputs }: ProofStatement): StatementWords | undefined {
  if (proof.length !== proofBytes || publicInputs.length !== publicInputOrder.length) return undefined;
  if (!publicInputs.every((input) => input.length === wordBytes)) return undefined;
  const words = new Uint8Array(proofBytes + publicInputs.length * wordBytes);
  words.set(proof);
  publicInputs.forEach((input, index) => words.set(input, proofBytes + index * wordBytes));
  for (let offset = 0; offset < words.length; offset += wordBytes) {
    if (!isBelowModulus(words, offset)) return undefined;
  }
  return words;
}

function isBelowModulus(words: Uint8Array, offset: number): boolean {
  for (let i = 0; i < wordBytes; i += 1) {
    const difference = (words[offset + i] ?? 0) - (modulus[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
