import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { concatBytes } from "@vaultproof/protocol/encoding";
import { uint64be } from "@vaultproof/protocol/framing";
import { decipherSecret } from "./decipher-secret.js";

const WRAP_INFO = "vaultproof transport wrap v1";
const ALGORITHM = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** What a wrapping is bound to: a row whose date was changed does not open. `notAfter` in Unix seconds. */
export interface WrappedKeyName {
  readonly id: Uint8Array;
  readonly notAfter: number;
}

/** Wraps private transport keys for the database. */
export interface TransportWrapping {
  /** Layout: `iv (12) ‖ ciphertext ‖ tag (16)`. */
  wrap(name: WrappedKeyName, privateKey: Uint8Array): Uint8Array;
  /** The private key in a buffer of its own, for the caller to wipe; null when no secret opens it. */
  unwrap(name: WrappedKeyName, wrapped: Uint8Array): Uint8Array | null;
}

/**
 * AES-256-GCM under HKDF-SHA256 of each server secret, with `key id ‖ not_after (8 bytes)` as aad. The first secret
 * wraps, every one opens, so that changing `SERVER_ENCRYPTION_KEY` does not lose the keys of the last day.
 */
export function createTransportWrapping(secrets: readonly Uint8Array[]): TransportWrapping {
  const keys = secrets.map((secret) =>
    Buffer.from(hkdfSync("sha256", secret, new Uint8Array(0), WRAP_INFO, 32)),
  );
  const [first] = keys;
  if (first === undefined) throw new RangeError("wrapping takes at least one secret");
  return {
    wrap(name, privateKey) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, first, iv).setAAD(aad(name));
      return concatBytes(iv, cipher.update(privateKey), cipher.final(), cipher.getAuthTag());
    },
    unwrap(name, wrapped) {
      for (const key of keys) {
        const opened = tryOpen(key, name, wrapped);
        if (opened !== null) return opened;
      }
      return null;
    },
  };
}

function tryOpen(key: Uint8Array, name: WrappedKeyName, wrapped: Uint8Array): Uint8Array | null {
  if (wrapped.length < IV_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv(ALGORITHM, key, wrapped.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  })
    .setAAD(aad(name))
    .setAuthTag(wrapped.subarray(wrapped.length - TAG_BYTES));
  return decipherSecret(decipher, wrapped.subarray(IV_BYTES, wrapped.length - TAG_BYTES));
}

function aad({ id, notAfter }: WrappedKeyName): Uint8Array {
  return concatBytes(id, uint64be(notAfter));
}
