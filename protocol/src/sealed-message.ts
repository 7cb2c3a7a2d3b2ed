import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { bytesToHex, fromHex } from "./encoding.js";
import { framed, uint64be } from "./framing.js";

/** First 8 bytes of SHA-256 of the recipient's public key. */
export const KEY_ID_BYTES = 8;
/** An X25519 public key: HPKE's encapsulated key. */
export const ENC_BYTES = 32;
/** AES-256-GCM's tag. */
export const TAG_BYTES = 16;

/** Layout on the wire: `0x` + lowercase hex of `key id (8) ‖ enc (32) ‖ ciphertext with its tag`. */
export interface SealedMessage {
  readonly keyId: Uint8Array<ArrayBuffer>;
  readonly enc: Uint8Array<ArrayBuffer>;
  readonly ciphertext: Uint8Array<ArrayBuffer>;
}

/** What HPKE binds a message to besides its bytes: the purpose (info) and the context (aad). */
export interface SealingContext {
  readonly purpose: string;
  readonly aad: Uint8Array;
}

/** Text that is not a sealed message. */
export class SealedMessageError extends Error {
  override readonly name = "SealedMessageError";
}

/** The 8 bytes that name a recipient's X25519 public key. */
export function sealingKeyId(publicKey: Uint8Array): Uint8Array<ArrayBuffer> {
  return sha256(publicKey).slice(0, KEY_ID_BYTES);
}

/** HPKE's info: the purpose and the key id. */
export function sealingInfo(purpose: string, keyId: Uint8Array): Uint8Array<ArrayBuffer> {
  return concatBytes(utf8ToBytes(purpose), keyId);
}

/** Share 1 in a store: to the storage key. `destination` is its 32-byte digest. */
export function share1Context(about: {
  readonly slotId: string;
  readonly slotVersion: number;
  readonly developerPublicKey: Uint8Array;
  readonly destination: Uint8Array;
}): SealingContext {
  const { slotId, slotVersion, developerPublicKey, destination } = about;
  return {
    purpose: "vaultproof share1 v1",
    aad: framed(slotId, uint64be(slotVersion), developerPublicKey, destination),
  };
}

/** Share 2 in a call: to a transport key. `expiresAt` in Unix seconds. */
export function share2Context(about: {
  readonly slotId: string;
  readonly appId: string;
  readonly expiresAt: number;
}): SealingContext {
  return {
    purpose: "vaultproof share2 v1",
    aad: framed(about.slotId, about.appId, uint64be(about.expiresAt)),
  };
}

/** Mask in a refresh: to a transport key. `vaultCommitment` of the share as it will be, 32 bytes. */
export function maskContext(about: {
  readonly slotId: string;
  readonly fromVersion: number;
  readonly vaultCommitment: Uint8Array;
}): SealingContext {
  return {
    purpose: "vaultproof mask v1",
    aad: framed(about.slotId, uint64be(about.fromVersion), about.vaultCommitment),
  };
}

/** Writes a sealed message as text. */
export function formatSealedMessage(message: SealedMessage): string {
  return `0x${bytesToHex(joinSealedMessage(message))}`;
}

/** Writes a sealed message as bytes, the same layout without `0x` and hex. */
export function joinSealedMessage({ keyId, enc, ciphertext }: SealedMessage): Uint8Array<ArrayBuffer> {
  return concatBytes(keyId, enc, ciphertext);
}

/** Bytes as stored in the database: the same layout without `0x` and hex. */
export function parseSealedBytes(bytes: Uint8Array): SealedMessage {
  if (bytes.length < KEY_ID_BYTES + ENC_BYTES + TAG_BYTES)
    throw new SealedMessageError("a sealed message is too short");
  return {
    keyId: bytes.slice(0, KEY_ID_BYTES),
    enc: bytes.slice(KEY_ID_BYTES, KEY_ID_BYTES + ENC_BYTES),
    ciphertext: bytes.slice(KEY_ID_BYTES + ENC_BYTES),
  };
}

/** Reads a sealed message. Throws {@link SealedMessageError}; upper case and other spellings are refused. */
export function parseSealedMessage(text: string): SealedMessage {
  return parseSealedBytes(sealedMessageBytes(text));
}

/** The bytes behind a sealed message's text. Throws {@link SealedMessageError}. */
export function sealedMessageBytes(text: string): Uint8Array<ArrayBuffer> {
  if (!text.startsWith("0x")) throw new SealedMessageError("a sealed message begins with 0x");
  try {
    return fromHex(text.slice(2));
  } catch {
    throw new SealedMessageError("a sealed message is lowercase hexadecimal");
  }
}
