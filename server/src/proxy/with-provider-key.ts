import { destinationDigest } from "@vaultproof/protocol/destination";
import { rebuildKey, RecordError } from "@vaultproof/protocol/record";
import {
  parseSealedBytes,
  SealedMessageError,
  share1Context,
  share2Context,
} from "@vaultproof/protocol/sealed-message";
import { ServerError } from "../errors.js";
import { openSealed, SealOpenError, type HpkePrivateKey } from "../keys/hpke-open.js";
import type { StorageKeys } from "../keys/storage-keys.js";
import { decodeBase64 } from "./read-call.js";
import type { AuthorisedCall } from "./verify-proof.js";
import { wipe } from "../secret-bytes.js";

/** What a key is rebuilt from. */
export interface KeyMaterial {
  readonly call: AuthorisedCall;
  /** Share 1 as the burn handed it out. */
  readonly share1Encrypted: Uint8Array;
  /** For share 2; null for one in clear. */
  readonly transportKey: HpkePrivateKey | null;
}

/**
 * Steps 7 and 9: rebuilds the provider key, lends it to `use`, and overwrites shares, record and key when `use` has
 * settled, or at once if there is no key. Nothing outside `use` ever sees it.
 *
 * Owner and destination are what the database says now: if either is not what the key was stored for, the rebuild
 * fails before anything goes upstream.
 *
 * @throws ServerError `keyReconstruction`, and whatever `use` throws.
 */
export async function withProviderKey<T>(
  storageKeys: StorageKeys,
  material: KeyMaterial,
  use: (key: Uint8Array) => Promise<T>,
): Promise<T> {
  const secrets: Uint8Array[] = [];
  try {
    return await use(rebuild(storageKeys, material, secrets));
  } finally {
    wipe(...secrets);
  }
}

/** The key lies inside share 1's buffer. Every buffer that holds a secret is in `secrets`, also when this throws. */
function rebuild(
  storageKeys: StorageKeys,
  { call, share1Encrypted, transportKey }: KeyMaterial,
  secrets: Uint8Array[],
): Uint8Array {
  const { slot } = call;
  const developerPublicKey = slot.developerPublicKey;
  const destination = destinationDigest(slot);
  try {
    const message = parseSealedBytes(new Uint8Array(share1Encrypted));
    const storageKey = storageKeys.find(message.keyId);
    if (storageKey === undefined) throw new SealOpenError("sealed to a storage key that is not here");
    const about = { slotId: slot.id, slotVersion: slot.version, developerPublicKey, destination };
    const share1 = openSealed(storageKey, message, share1Context(about));
    secrets.push(share1);
    const share2 = openShare2(call, transportKey);
    secrets.push(share2);
    return rebuildKey(share1, share2, { slotId: slot.id, developerPublicKey, destination });
  } catch (error) {
    if (
      error instanceof SealOpenError ||
      error instanceof RecordError ||
      error instanceof SealedMessageError
    ) {
      throw new ServerError("keyReconstruction", { cause: error });
    }
    throw error;
  }
}

function openShare2(
  { slot, grant, share2, expiresAt }: AuthorisedCall,
  key: HpkePrivateKey | null,
): Uint8Array {
  if (share2.form === "sealed") {
    if (key === null) throw new SealOpenError("no transport key");
    return openSealed(key, share2.message, share2Context({ slotId: slot.id, appId: grant.appId, expiresAt }));
  }
  const bytes = decodeBase64(share2.text);
  if (bytes === null) throw new SealOpenError("not canonical base64");
  return bytes;
}
