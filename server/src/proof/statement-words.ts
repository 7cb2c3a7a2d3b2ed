import { proofBytes, publicInputOrder, wordBytes } from "@vaultproof/circuits/proof-settings";
import { FIELD_MODULUS, FIELD_BYTES } from "@vaultproof/protocol/field";
import type { ProofStatement } from "./proof-verifier.js";
import type { StatementWords } from "./verifier-worker.js";

const modulus = Buffer.from(FIELD_MODULUS.toString(16).padStart(2 * FIELD_BYTES, "0"), "hex");

/**
 * Cuts a statement into words, before any verifier sees it: bb throws on a word that is not below the modulus, and
 * enough throws leave a WASM instance unable to judge (see docs of the pool). It also means that there is one
 * encoding only of each proof and each input.
 *
 * @returns undefined if a length or a word is wrong
 */
export function toStatementWords({ proof, publicInputs }: ProofStatement): StatementWords | undefined {
  if (proof.length !== proofBytes || publicInputs.length !== publicInputOrder.length) return undefined;
  const words: Uint8Array[] = [];
  for (let offset = 0; offset < proofBytes; offset += wordBytes)
    words.push(proof.subarray(offset, offset + wordBytes));
  if (!words.every(isCanonical) || !publicInputs.every(isCanonical)) return undefined;
  return { proof: words, publicInputs };
}

function isCanonical(word: Uint8Array): boolean {
  return word.length === wordBytes && Buffer.compare(word, modulus) < 0;
}
