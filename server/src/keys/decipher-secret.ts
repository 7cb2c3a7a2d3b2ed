import type { DecipherGCM } from "node:crypto";
import { secretBuffer, wipe } from "../secret-bytes.js";

/**
 * Node deciphers into memory that is one byte longer than its output, copies that, and frees it with the plaintext in it.
 * Of so short a piece nothing is left: the allocator keeps its own two words in the place of the first 16 bytes.
 */
const PIECE_BYTES = 16;

/**
 * Deciphers a secret so that no copy of it stays behind, neither in what `update` and `final` return nor in what they
 * free.
 *
 * @param decipher with its tag and aad set; spent afterwards.
 * @returns the plaintext in a buffer of its own, for the caller to wipe; null if it is not authentic.
 */
export function decipherSecret(
  decipher: DecipherGCM,
  ciphertext: Uint8Array,
): Uint8Array<ArrayBuffer> | null {
  const plaintext = secretBuffer(ciphertext.length);
  for (let at = 0; at < ciphertext.length; at += PIECE_BYTES) {
    const piece = decipher.update(ciphertext.subarray(at, at + PIECE_BYTES));
    plaintext.set(piece, at);
    wipe(piece);
  }
  try {
    wipe(decipher.final());
    return plaintext;
  } catch {
    wipe(plaintext);
    return null;
  }
}
