import { destinationDigest, type Destination } from "@vaultproof/protocol/destination";
import { isShareLength } from "@vaultproof/protocol/record";
import {
  SealedMessageError,
  parseSealedMessage,
  share1Context,
  type SealedMessage,
} from "@vaultproof/protocol/sealed-message";
import { ServerError } from "../errors.js";
import { openSealed, SealOpenError } from "../keys/hpke-open.js";
import type { StorageKeys } from "../keys/storage-keys.js";
import { wipe } from "../secret-bytes.js";

/** Share 1 as sent, and what it must have been sealed for. */
export interface Share1Claim {
  readonly sealed: string;
  readonly slotId: string;
  readonly slotVersion: number;
  readonly developerPublicKey: Uint8Array;
  readonly destination: Destination;
}

/**
 * Opens share 1 once, to be sure that it can be opened later for this slot, owner and destination, and wipes it.
 *
 * @returns the message, still sealed.
 * @throws ServerError `shareNotOpened`, one answer for every cause.
 */
export function checkShare1(keys: StorageKeys, claim: Share1Claim): SealedMessage {
  const { sealed, slotId, slotVersion, developerPublicKey } = claim;
  const context = share1Context({
    slotId,
    slotVersion,
    developerPublicKey,
    destination: destinationDigest(claim.destination),
  });
  try {
    const message = parseSealedMessage(sealed);
    const key = keys.find(message.keyId);
    if (key === undefined) throw new ServerError("shareNotOpened");
    const share1 = openSealed(key, message, context);
    wipe(share1);
    if (!isShareLength(share1.length)) throw new ServerError("shareNotOpened");
    return message;
  } catch (error) {
    if (error instanceof SealOpenError || error instanceof SealedMessageError) {
      throw new ServerError("shareNotOpened", { cause: error });
    }
    throw error;
  }
}
