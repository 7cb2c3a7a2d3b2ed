import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
} from "node:crypto";
import { be } from "./encodings.js";

// RFC 9180 base mode with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, on node:crypto, with the ephemeral key
// given, so that a sealed message can be a vector.

const KEM = Buffer.concat([Buffer.from("KEM"), be(0x20, 2)]);
const SUITE = Buffer.concat([Buffer.from("HPKE"), be(0x20, 2), be(1, 2), be(2, 2)]);
const NONE = Buffer.alloc(0);

/** Raw X25519 keys, 32 bytes each. */
export interface X25519KeyPair {
  readonly privateKey: Buffer;
  readonly publicKey: Buffer;
}

const hmac = (key: Buffer, data: Buffer): Buffer => createHmac("sha256", key).update(data).digest();

function extract(suite: Buffer, salt: Buffer, label: string, input: Buffer): Buffer {
  return hmac(salt, Buffer.concat([Buffer.from("HPKE-v1"), suite, Buffer.from(label), input]));
}

/** One block of HKDF-Expand: no output here is longer than 32 bytes. */
function expand(suite: Buffer, secret: Buffer, label: string, info: Buffer, length: number): Buffer {
  const labelled = Buffer.concat([be(length, 2), Buffer.from("HPKE-v1"), suite, Buffer.from(label), info]);
  return hmac(secret, Buffer.concat([labelled, be(1, 1)])).subarray(0, length);
}

const privateKeyObject = (raw: Buffer) =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), raw]),
    format: "der",
    type: "pkcs8",
  });

const publicKeyObject = (raw: Buffer) =>
  createPublicKey({
    key: Buffer.concat([Buffer.from("302a300506032b656e032100", "hex"), raw]),
    format: "der",
    type: "spki",
  });

export function keyPairFromPrivate(privateKey: Buffer): X25519KeyPair {
  const spki = createPublicKey(privateKeyObject(privateKey)).export({ format: "der", type: "spki" });
  return { privateKey, publicKey: spki.subarray(-32) };
}

/** RFC 9180 §7.1.3. */
export function deriveKeyPair(ikm: Buffer): X25519KeyPair {
  return keyPairFromPrivate(expand(KEM, extract(KEM, NONE, "dkp_prk", ikm), "sk", NONE, 32));
}

/** RFC 9180 §4.1: the secret that both ends share, from one end's private key and the other's public key. */
export function sharedSecret(own: Buffer, other: Buffer, enc: Buffer, recipient: Buffer): Buffer {
  const dh = diffieHellman({ privateKey: privateKeyObject(own), publicKey: publicKeyObject(other) });
  return expand(KEM, extract(KEM, NONE, "eae_prk", dh), "shared_secret", Buffer.concat([enc, recipient]), 32);
}

function keySchedule(shared: Buffer, info: Buffer): { key: Buffer; nonce: Buffer } {
  const context = Buffer.concat([
    be(0, 1),
    extract(SUITE, NONE, "psk_id_hash", NONE),
    extract(SUITE, NONE, "info_hash", info),
  ]);
  const secret = extract(SUITE, shared, "secret", NONE);
  return {
    key: expand(SUITE, secret, "key", context, 32),
    nonce: expand(SUITE, secret, "base_nonce", context, 12),
  };
}

export interface HpkeMessage {
  readonly info: Buffer;
  readonly aad: Buffer;
  readonly plaintext: Buffer;
}

/** The first message of a base-mode context: `ciphertext ‖ tag`; `enc` is the ephemeral public key. */
export function sealWith(ephemeral: X25519KeyPair, recipient: Buffer, message: HpkeMessage): Buffer {
  const shared = sharedSecret(ephemeral.privateKey, recipient, ephemeral.publicKey, recipient);
  const { key, nonce } = keySchedule(shared, message.info);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(message.aad);
  return Buffer.concat([cipher.update(message.plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Opens what a sender sealed; throws when anything does not belong to it. */
export function openWith(
  recipient: X25519KeyPair,
  sealed: {
    readonly enc: Uint8Array;
    readonly ciphertext: Uint8Array;
    readonly info: Uint8Array;
    readonly aad: Uint8Array;
  },
): Buffer {
  const enc = Buffer.from(sealed.enc);
  const shared = sharedSecret(recipient.privateKey, enc, enc, recipient.publicKey);
  const { key, nonce } = keySchedule(shared, Buffer.from(sealed.info));
  const decipher = createDecipheriv("aes-256-gcm", key, nonce).setAAD(sealed.aad);
  decipher.setAuthTag(sealed.ciphertext.subarray(-16));
  return Buffer.concat([decipher.update(sealed.ciphertext.subarray(0, -16)), decipher.final()]);
}
