import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { DhkemX25519HkdfSha256 } from "@hpke/dhkem-x25519";
import { formatSealedMessage, sealingInfo, sealingKeyId, type SealingContext } from "./sealed-message.js";

/** RFC 9180: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. */
const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

/**
 * Seals `plaintext` to an X25519 public key in HPKE base mode.
 *
 * @param publicKey raw, 32 bytes.
 * @returns the message's text: `0x` and lowercase hex.
 */
export async function seal(
  publicKey: Uint8Array,
  context: SealingContext,
  plaintext: Uint8Array,
): Promise<string> {
  const keyId = sealingKeyId(publicKey);
  const recipientPublicKey = await suite.kem.deserializePublicKey(ownBuffer(publicKey));
  const sender = await suite.createSenderContext({
    recipientPublicKey,
    info: sealingInfo(context.purpose, keyId).buffer,
  });
  const copy = ownBuffer(plaintext);
  try {
    const ciphertext = new Uint8Array(await sender.seal(copy, ownBuffer(context.aad)));
    return formatSealedMessage({ keyId, enc: new Uint8Array(sender.enc), ciphertext });
  } finally {
    new Uint8Array(copy).fill(0);
  }
}

/** The library takes whole ArrayBuffers; a view into a larger one would seal its neighbours too. */
function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
