import { hkdfSync } from "node:crypto";
import { bytesToHex } from "@vaultproof/protocol/encoding";
import { deriveHpkeKeyPair, type HpkePrivateKey } from "./hpke-open.js";

const STORAGE_INFO = "vaultproof storage hpke v1";

/** The HPKE key pairs that share 1 is sealed to. */
export interface StorageKeys {
  /** The one that is published. */
  readonly current: HpkePrivateKey;
  /** Ids of all that are here, the current one's too. */
  readonly ids: readonly Uint8Array[];
  /** By the 8-byte key id that stands in a sealed message; undefined for a key that this server does not have. */
  find(keyId: Uint8Array): HpkePrivateKey | undefined;
}

/**
 * Derives the storage key pairs: DeriveKeyPair of RFC 9180 over HKDF-SHA256 of each secret.
 *
 * @param current `SERVER_ENCRYPTION_KEY`, 32 bytes.
 * @param old `SERVER_ENCRYPTION_KEYS_OLD`: still able to open, never published.
 */
export function createStorageKeys({
  current,
  old,
}: {
  readonly current: Uint8Array;
  readonly old: readonly Uint8Array[];
}): StorageKeys {
  const published = deriveStorageKey(current);
  const byId = new Map([published, ...old.map(deriveStorageKey)].map((pair) => [bytesToHex(pair.id), pair]));
  return {
    current: published,
    ids: [...byId.values()].map(({ id }) => id),
    find: (keyId) => byId.get(bytesToHex(keyId)),
  };
}

function deriveStorageKey(secret: Uint8Array): HpkePrivateKey {
  return deriveHpkeKeyPair(new Uint8Array(hkdfSync("sha256", secret, new Uint8Array(0), STORAGE_INFO, 32)));
}
