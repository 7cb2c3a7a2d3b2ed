import { createHmac } from "node:crypto";
import { secretBuffer, wipe } from "../secret-bytes.js";

const SHARED_SECRET_BYTES = 32;
const NONCE_BYTES = 12;
const DHKEM_X25519_HKDF_SHA256 = 0x0020;
const HKDF_SHA256 = 0x0001;
const VERSION = Buffer.from("HPKE-v1");
const EMPTY = new Uint8Array(0);
const MODE_BASE = new Uint8Array([0]);
const LAST_BLOCK = new Uint8Array([1]);
/** `suite_id` of the KEM. */
export const KEM_SUITE = Buffer.concat([Buffer.from("KEM"), uint16(DHKEM_X25519_HKDF_SHA256)]);

/** An AEAD of RFC 9180 section 7.3 and what of the key schedule depends on nothing else. */
export interface HpkeAead {
  readonly cipher: "aes-128-gcm" | "aes-256-gcm";
  readonly keyBytes: 16 | 32;
  /** `suite_id`. */
  readonly suite: Uint8Array;
  readonly pskIdHash: Uint8Array;
}
/** The RFC prints its X25519 vectors for this one; nothing of VaultProof is sealed with it. */
export const AES_128_GCM: HpkeAead = { cipher: "aes-128-gcm", keyBytes: 16, ...suiteOf(1) };
export const AES_256_GCM: HpkeAead = { cipher: "aes-256-gcm", keyBytes: 32, ...suiteOf(2) };

/** What a message is encrypted under; the caller's to wipe. */
export interface HpkeMessageKeys {
  readonly aeadKey: Uint8Array;
  readonly nonce: Uint8Array;
}

/** `ExtractAndExpand` of RFC 9180 section 4.1: the shared secret of both sides. Wipes `dh`. */
export function extractAndExpand(dh: Uint8Array, enc: Uint8Array, recipient: Uint8Array): Uint8Array {
  const prk = extract(KEM_SUITE, EMPTY, "eae_prk", dh);
  try {
    return expand(KEM_SUITE, prk, "shared_secret", [enc, recipient], SHARED_SECRET_BYTES);
  } finally {
    wipe(dh, prk);
  }
}

/** `KeySchedule<MODE_BASE>` of RFC 9180 section 5.1, for the first message of a context. Wipes `shared`. */
export function keySchedule(aead: HpkeAead, shared: Uint8Array, info: Uint8Array): HpkeMessageKeys {
  const { suite, pskIdHash } = aead;
  const secret = extract(suite, shared, "secret", EMPTY);
  // key_schedule_context: mode ‖ psk_id_hash ‖ info_hash.
  const context = [MODE_BASE, pskIdHash, extract(suite, EMPTY, "info_hash", info)];
  try {
    return {
      aeadKey: expand(suite, secret, "key", context, aead.keyBytes),
      nonce: expand(suite, secret, "base_nonce", context, NONCE_BYTES),
    };
  } finally {
    wipe(shared, secret);
  }
}

/** LabeledExtract of RFC 9180 section 4, its input fed in pieces so that no copy of a secret is left behind. */
export function extract(suite: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array {
  return createHmac("sha256", salt).update(VERSION).update(suite).update(label).update(ikm).digest();
}

/** LabeledExpand of RFC 9180 section 4 for at most one block (32 bytes). */
export function expand(
  suite: Uint8Array,
  prk: Uint8Array,
  label: string,
  info: readonly Uint8Array[],
  length: number,
): Uint8Array {
  const hmac = createHmac("sha256", prk).update(uint16(length)).update(VERSION).update(suite).update(label);
  for (const piece of info) hmac.update(piece);
  const block = hmac.update(LAST_BLOCK).digest();
  if (length === block.length) return block;
  const output = secretBuffer(length);
  output.set(block.subarray(0, length));
  wipe(block);
  return output;
}

function suiteOf(aeadId: number): Pick<HpkeAead, "suite" | "pskIdHash"> {
  const ids = [DHKEM_X25519_HKDF_SHA256, HKDF_SHA256, aeadId].map(uint16);
  const suite = Buffer.concat([Buffer.from("HPKE"), ...ids]);
  return { suite, pskIdHash: extract(suite, EMPTY, "psk_id_hash", EMPTY) };
}

function uint16(value: number): Uint8Array {
  return new Uint8Array([value >> 8, value & 0xff]);
}
