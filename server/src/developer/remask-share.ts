import type { OwnedSlot } from "@vaultproof/db/queries/read-slot-for-owner";
import { destinationDigest } from "@vaultproof/protocol/destination";
import { fromHex } from "@vaultproof/protocol/encoding";
import { maskShare, RecordError } from "@vaultproof/protocol/record";
import type { RefreshRequest } from "@vaultproof/protocol/rotation-routes";
import {
  maskContext,
  parseSealedBytes,
  SealedMessageError,
  share1Context,
  type SealedMessage,
} from "@vaultproof/protocol/sealed-message";
import { ServerError } from "../errors.js";
import { openSealed, SealOpenError, type HpkePrivateKey } from "../keys/hpke-open.js";
import { sealTo } from "../keys/hpke-seal.js";
import type { StorageKeys } from "../keys/storage-keys.js";
import { wipe } from "../secret-bytes.js";
import type { SlotOfDeveloper } from "./change-slot.js";
import type { VerifiedDeveloper } from "./verify-developer.js";

/** A slot of the developer who signed. */
export interface RotatedSlot extends SlotOfDeveloper {
  readonly developer: VerifiedDeveloper;
}

/** A mask as sent, and the slot under its lock. */
export interface MaskedSlot {
  readonly slot: RotatedSlot;
  readonly owned: OwnedSlot;
  readonly request: RefreshRequest;
  readonly mask: SealedMessage;
  readonly transportKey: HpkePrivateKey;
}

/**
 * Opens share 1, changes it by the mask, and seals it to the current storage key for the next version. Nothing of either
 * is left in memory, whatever happens.
 *
 * @throws ServerError `shareNotOpened` for the mask, `keyReconstruction` for the stored share.
 */
export function remaskShare(storageKeys: StorageKeys, masked: MaskedSlot): SealedMessage {
  const { slot, owned, request } = masked;
  const about = {
    slotId: slot.slotId,
    developerPublicKey: slot.developer.publicKey,
    destination: destinationDigest(owned),
  };
  const secrets: Uint8Array[] = [];
  try {
    const mask = openMask(masked);
    secrets.push(mask);
    const share1 = openShare1(storageKeys, owned, share1Context({ ...about, slotVersion: owned.version }));
    secrets.push(share1);
    maskShare(share1, mask);
    const next = share1Context({ ...about, slotVersion: request.fromVersion + 1 });
    return sealTo(storageKeys.current, next, share1);
  } catch (error) {
    if (error instanceof RecordError) throw new ServerError("shareNotOpened", { cause: error });
    throw error;
  } finally {
    wipe(...secrets);
  }
}

function openMask({ slot, request, mask, transportKey }: MaskedSlot): Uint8Array {
  const { fromVersion } = request;
  const vaultCommitment = fromHex(request.vaultCommitment);
  try {
    return openSealed(transportKey, mask, maskContext({ slotId: slot.slotId, fromVersion, vaultCommitment }));
  } catch (error) {
    if (!(error instanceof SealOpenError)) throw error;
    throw new ServerError("shareNotOpened", { cause: error });
  }
}

function openShare1(
  storageKeys: StorageKeys,
  { share1Encrypted }: OwnedSlot,
  context: Parameters<typeof openSealed>[2],
): Uint8Array {
  try {
    const message = parseSealedBytes(new Uint8Array(share1Encrypted ?? []));
    const key = storageKeys.find(message.keyId);
    if (key === undefined) throw new SealOpenError("sealed to a storage key that is not here");
    return openSealed(key, message, context);
  } catch (error) {
    if (!(error instanceof SealOpenError || error instanceof SealedMessageError)) throw error;
    throw new ServerError("keyReconstruction", { cause: error });
  }
}
