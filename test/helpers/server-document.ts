import { createPrivateKey, sign, type KeyObject } from "node:crypto";
import { toBase64 } from "@vaultproof/protocol/encoding";
import { wellKnownSigningInput } from "@vaultproof/protocol/well-known";

/** PKCS #8 around a raw Ed25519 seed (RFC 8410, section 7). */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");

/** The private key of an Ed25519 seed, 32 bytes. */
export function identityKey(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: "der", type: "pkcs8" });
}

/** The raw public half, base64url, as a server's document names it. */
export function identityOf(key: KeyObject): string {
  return key.export({ format: "jwk" }).x ?? "";
}

/** A server's document under a new signature, by whichever key. */
export function signDocument(
  document: Readonly<Record<string, unknown>>,
  key: KeyObject,
): Record<string, unknown> {
  const signature = toBase64(new Uint8Array(sign(null, wellKnownSigningInput(document), key)));
  return { ...document, signature };
}
