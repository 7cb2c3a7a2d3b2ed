import { ed25519 } from "@noble/curves/ed25519.js";

/** Verifies an Ed25519 signature (RFC 8032, strict); malformed input is false. */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, message, publicKey, { zip215: false });
  } catch {
    return false;
  }
}
