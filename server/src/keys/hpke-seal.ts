import { createCipheriv, diffieHellman } from "node:crypto";
import { concatBytes } from "@vaultproof/protocol/encoding";
import {
  sealingInfo,
  TAG_BYTES,
  type SealedMessage,
  type SealingContext,
} from "@vaultproof/protocol/sealed-message";
import { wipe } from "../secret-bytes.js";
import { AES_256_GCM, extractAndExpand, keySchedule, type HpkeAead } from "./hpke-key-schedule.js";
import { generateHpkeKeyPair, x25519PublicKey, type HpkePrivateKey } from "./hpke-open.js";

/** Whom to seal to: the public half of a key pair and the id that names it. */
export type HpkeRecipient = Pick<HpkePrivateKey, "id" | "publicKey">;

/**
 * Seals `plaintext` in HPKE base mode, as the SDK does with a library. On `node:crypto`, because the library copies what it
 * seals into buffers that nobody wipes.
 *
 * @param plaintext the caller's to wipe; only read.
 */
export function sealTo(
  recipient: HpkeRecipient,
  context: SealingContext,
  plaintext: Uint8Array,
): SealedMessage {
  const info = sealingInfo(context.purpose, recipient.id);
  const sealed = hpkeSeal({
    ...{ aead: AES_256_GCM, recipient: recipient.publicKey, ephemeral: generateHpkeKeyPair() },
    ...{ info, aad: context.aad, plaintext },
  });
  return { keyId: new Uint8Array(recipient.id), ...sealed };
}

/**
 * `Seal<MODE_BASE>` of RFC 9180 section 6.1 for the first message of a context.
 *
 * @param options.recipient raw X25519 public key.
 * @param options.ephemeral a new key pair, never used again.
 * @returns the encapsulated key, and the ciphertext with its tag.
 */
export function hpkeSeal(options: {
  readonly aead: HpkeAead;
  readonly recipient: Uint8Array;
  readonly ephemeral: HpkePrivateKey;
  readonly info: Uint8Array;
  readonly aad: Uint8Array;
  readonly plaintext: Uint8Array;
}): Pick<SealedMessage, "enc" | "ciphertext"> {
  const { aead, recipient, ephemeral, info, aad, plaintext } = options;
  const enc = new Uint8Array(ephemeral.publicKey);
  const dh = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: x25519PublicKey(recipient) });
  const { aeadKey, nonce } = keySchedule(aead, extractAndExpand(dh, enc, recipient), info);
  try {
    const cipher = createCipheriv(aead.cipher, aeadKey, nonce, { authTagLength: TAG_BYTES }).setAAD(aad);
    const ciphertext = concatBytes(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
    return { enc, ciphertext: ciphertext };
  } finally {
    wipe(aeadKey, nonce);
  }
}
