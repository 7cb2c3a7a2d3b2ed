import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { fromBase64Url } from "@vaultproof/protocol/encoding";
import { keyFingerprint } from "@vaultproof/protocol/developer-signature";
import { wipe } from "../secret-bytes.js";

/** Who this server is to developers: what it signs with cannot be read back out of it. */
export interface ServerIdentity {
  /** Raw Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** base64url SHA-256 of the public key: what clients pin. */
  readonly fingerprint: string;
  /** Ed25519 (RFC 8032), 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

/** What stands before a seed in PKCS #8: RFC 8410 section 7. */
const PKCS8_ED25519 = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * The identity made from the seed in `SERVER_IDENTITY_KEY`.
 *
 * @param seed 32 bytes; not kept.
 */
export function createServerIdentity(seed: Uint8Array): ServerIdentity {
  if (seed.length !== 32) throw new RangeError("an Ed25519 seed has 32 bytes");
  const der = Buffer.concat([PKCS8_ED25519, seed]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  wipe(der);
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  const publicKey = fromBase64Url(x ?? "");
  return {
    publicKey,
    fingerprint: keyFingerprint(publicKey),
    sign: (message) => sign(null, message, privateKey),
  };
}
