import { ed25519 } from "@noble/curves/ed25519.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import type { DeveloperKey } from "./developer-key-text.js";
import { bigEndian } from "./framing.js";

// Apart from what is derived, so that a page that only makes calls loads neither.
export {
  DeveloperKeyError,
  formatDeveloperKey,
  parseDeveloperKey,
  type DeveloperKey,
  type DeveloperKeyKind,
} from "./developer-key-text.js";
export { verifyEd25519 } from "./verify-ed25519.js";

/** The Ed25519 identity derived from a developer key. The private half stays inside `sign`. */
export interface DeveloperIdentity {
  /** Raw Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** Ed25519 signature, 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

const FIELD_SECRET_BYTES = 31;

/** Ed25519 from HKDF-SHA256(developer key, info `vaultproof developer identity v1`). */
export function deriveDeveloperIdentity(key: DeveloperKey): DeveloperIdentity {
  return {
    publicKey: withSeed(key, (seed) => new Uint8Array(ed25519.getPublicKey(seed))),
    // Derived each time: what holds an identity holds no more of the developer than the key, which may be wiped.
    sign: (message) => withSeed(key, (seed) => ed25519.sign(message, seed)),
  };
}

function withSeed<T>(key: DeveloperKey, use: (seed: Uint8Array) => T): T {
  const seed = deriveKey(key, { info: "vaultproof developer identity v1", length: 32 });
  try {
    return use(seed);
  } finally {
    seed.fill(0);
  }
}

/** The slot's secret as a field element: 31 bytes of HKDF-SHA256 with the slot id as salt. */
export function deriveSlotSecret(key: DeveloperKey, slotId: string): bigint {
  const salt = utf8ToBytes(slotId);
  return bigEndian(deriveKey(key, { salt, info: "vaultproof slot secret v1", length: FIELD_SECRET_BYTES }));
}

/** HKDF-SHA256 (RFC 5869) of the developer key's 32 bytes. */
export function deriveKey(
  key: DeveloperKey,
  options: { readonly salt?: Uint8Array; readonly info: string; readonly length: number },
): Uint8Array<ArrayBuffer> {
  return hkdf(sha256, key.secret, options.salt, utf8ToBytes(options.info), options.length);
}

/** An app's secret from 31 random bytes: below 2^248, hence below p without reduction. */
export function appSecretFromBytes(random: Uint8Array): bigint {
  if (random.length !== FIELD_SECRET_BYTES) throw new RangeError("an app secret is made of 31 bytes");
  return bigEndian(random);
}
