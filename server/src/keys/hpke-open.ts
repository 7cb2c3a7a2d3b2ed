import {
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import {
  sealingInfo,
  sealingKeyId,
  TAG_BYTES,
  type SealedMessage,
  type SealingContext,
} from "@vaultproof/protocol/sealed-message";
import { secretBuffer, wipe } from "../secret-bytes.js";
import { decipherSecret } from "./decipher-secret.js";
import {
  AES_256_GCM,
  expand,
  extract,
  extractAndExpand,
  KEM_SUITE,
  keySchedule,
  type HpkeAead,
} from "./hpke-key-schedule.js";

/** An X25519 key pair that messages are sealed to. */
export interface HpkePrivateKey {
  /** The 8 bytes that name it in a sealed message. */
  readonly id: Uint8Array;
  /** Raw, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly privateKey: KeyObject;
}

/** A message that was not sealed to this key in this context, or was altered. Holds no byte of it. */
export class SealOpenError extends Error {
  override readonly name = "SealOpenError";
}

const KEY_BYTES = 32;
const EMPTY = new Uint8Array(0);
// What stands before the 32 bytes of a private key in DER: RFC 8410 section 7.
const PKCS8_X25519 = Buffer.from("302e020100300506032b656e04220420", "hex");

/**
 * DeriveKeyPair of RFC 9180 section 7.1.3 for X25519.
 *
 * @param ikm at least 32 bytes of key material; the caller's to wipe.
 */
export function deriveHpkeKeyPair(ikm: Uint8Array): HpkePrivateKey {
  if (ikm.length < KEY_BYTES) throw new RangeError(`key material has at least ${KEY_BYTES} bytes`);
  const prk = extract(KEM_SUITE, EMPTY, "dkp_prk", ikm);
  const raw = expand(KEM_SUITE, prk, "sk", [EMPTY], KEY_BYTES);
  try {
    return hpkePrivateKeyFromBytes(raw);
  } finally {
    wipe(prk, raw);
  }
}

/** The key pair of a raw private key, 32 bytes; the caller's to wipe. */
export function hpkePrivateKeyFromBytes(raw: Uint8Array): HpkePrivateKey {
  if (raw.length !== KEY_BYTES) throw new RangeError(`an X25519 private key has ${KEY_BYTES} bytes`);
  const der = Buffer.from(secretBuffer(PKCS8_X25519.length + KEY_BYTES).buffer);
  try {
    der.set(PKCS8_X25519);
    der.set(raw, PKCS8_X25519.length);
    return withPublicHalf(createPrivateKey({ key: der, format: "der", type: "pkcs8" }));
  } finally {
    wipe(der);
  }
}

/** A random key pair. */
export function generateHpkeKeyPair(): HpkePrivateKey {
  return withPublicHalf(generateKeyPairSync("x25519").privateKey);
}

/** The raw private key, 32 bytes in a buffer of its own, for the caller to wipe. */
export function hpkePrivateKeyBytes({ privateKey }: HpkePrivateKey): Uint8Array<ArrayBuffer> {
  const der = privateKey.export({ format: "der", type: "pkcs8" });
  try {
    return lastBytes(der, KEY_BYTES);
  } finally {
    wipe(der);
  }
}

/**
 * Opens a sealed message: HPKE base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM.
 *
 * @returns the plaintext in a buffer of its own, for the caller to wipe.
 * @throws SealOpenError
 */
export function openSealed(
  key: HpkePrivateKey,
  message: SealedMessage,
  context: SealingContext,
): Uint8Array<ArrayBuffer> {
  return hpkeOpen({
    aead: AES_256_GCM,
    key,
    enc: message.enc,
    info: sealingInfo(context.purpose, key.id),
    aad: context.aad,
    ciphertext: message.ciphertext,
  });
}

/**
 * `Open<MODE_BASE>` of RFC 9180 section 6.1 for the first message of a context. Written on `node:crypto` because it is
 * on the path of every call, and so that every intermediate secret is in a buffer that is wiped here.
 *
 * @param options.ciphertext with its tag.
 * @throws SealOpenError
 */
export function hpkeOpen(options: {
  readonly aead: HpkeAead;
  readonly key: HpkePrivateKey;
  readonly enc: Uint8Array;
  readonly info: Uint8Array;
  readonly aad: Uint8Array;
  readonly ciphertext: Uint8Array;
}): Uint8Array<ArrayBuffer> {
  const { aead, key, enc, info, aad, ciphertext } = options;
  const { aeadKey, nonce } = keySchedule(aead, decapsulate(key, enc), info);
  try {
    return decrypt(aead, { key: aeadKey, nonce, aad, ciphertext });
  } finally {
    wipe(aeadKey, nonce);
  }
}

/** `Decap` of RFC 9180 section 4.1: the 32-byte shared secret behind an encapsulated key. Throws SealOpenError. */
export function decapsulate(key: HpkePrivateKey, enc: Uint8Array): Uint8Array {
  if (enc.length !== KEY_BYTES) throw new SealOpenError(`an encapsulated key has ${KEY_BYTES} bytes`);
  let dh: Uint8Array;
  try {
    // OpenSSL refuses the all-zero result of a point of small order, as RFC 9180 section 7.1.4 demands.
    dh = diffieHellman({ privateKey: key.privateKey, publicKey: x25519PublicKey(enc) });
  } catch {
    throw new SealOpenError("not a usable encapsulated key");
  }
  return extractAndExpand(dh, enc, key.publicKey);
}

/** A raw X25519 public key as Node wants it. As a JWK, because decoding DER costs more than the rest of an opening. */
export function x25519PublicKey(raw: Uint8Array): KeyObject {
  const x = Buffer.from(raw).toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "X25519", x }, format: "jwk" });
}

function decrypt(
  aead: HpkeAead,
  input: {
    readonly key: Uint8Array;
    readonly nonce: Uint8Array;
    readonly aad: Uint8Array;
    readonly ciphertext: Uint8Array;
  },
): Uint8Array<ArrayBuffer> {
  const { key, nonce, aad, ciphertext } = input;
  const length = ciphertext.length - TAG_BYTES;
  if (length < 0) throw new SealOpenError("too short");
  const decipher = createDecipheriv(aead.cipher, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(aad).setAuthTag(ciphertext.subarray(length));
  const plaintext = decipherSecret(decipher, ciphertext.subarray(0, length));
  if (plaintext === null) throw new SealOpenError("not sealed to this key in this context");
  return plaintext;
}

function withPublicHalf(privateKey: KeyObject): HpkePrivateKey {
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  const publicKey = lastBytes(spki, KEY_BYTES);
  return { id: sealingKeyId(publicKey), publicKey, privateKey };
}

function lastBytes(bytes: Uint8Array, count: number): Uint8Array<ArrayBuffer> {
  const own = secretBuffer(count);
  own.set(bytes.subarray(bytes.length - count));
  return own;
}
