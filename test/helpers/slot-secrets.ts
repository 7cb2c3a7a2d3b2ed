import { parseBundle } from "@vaultproof/protocol/bundle";
import { deriveDeveloperIdentity, parseDeveloperKey } from "@vaultproof/protocol/developer-key";
import { destinationDigest, type Destination } from "@vaultproof/protocol/destination";
import { splitKey } from "@vaultproof/protocol/record";
import type { Secret } from "./secret-search.js";

const DIGEST_BYTES = 32;
const HEAD_BYTES = 3;

/** What rebuilds a key, as a device knows it. */
export interface StoredKey {
  /** For messages. */
  readonly name: string;
  readonly developerKey: string;
  readonly bundle: string;
  readonly providerKey: string;
  readonly destination: Destination;
}

/**
 * The key, both shares and the record. Of the record its two random parts, the key with what stands before it and the
 * digest: the zeros between them are everywhere.
 */
export function slotSecrets({ name, developerKey, bundle, providerKey, destination }: StoredKey): Secret[] {
  const { slotId, share2 } = parseBundle(bundle);
  const { publicKey } = deriveDeveloperIdentity(parseDeveloperKey(developerKey));
  const binding = {
    slotId,
    developerPublicKey: publicKey,
    destination: destinationDigest(destination),
  };
  const key = Buffer.from(providerKey);
  const { share1 } = splitKey(key, binding, (bytes) => bytes.set(share2));
  const record = share1.map((byte, i) => byte ^ (share2[i] ?? 0));
  return [
    { name: `${name}: key`, bytes: key },
    { name: `${name}: share 1`, bytes: share1 },
    { name: `${name}: share 2`, bytes: share2 },
    { name: `${name}: record`, bytes: record.subarray(0, HEAD_BYTES + key.length) },
    { name: `${name}: digest of the record`, bytes: record.subarray(record.length - DIGEST_BYTES) },
  ];
}
