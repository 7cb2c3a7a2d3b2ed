import type { Database } from "@vaultproof/db/database";
import type { OwnedSlot } from "@vaultproof/db/queries/read-slot-for-owner";
import { replaceShare } from "@vaultproof/db/queries/replace-share";
import { canonicalJson } from "@vaultproof/protocol/canonical-json";
import { fromHex } from "@vaultproof/protocol/encoding";
import { digest } from "@vaultproof/protocol/framing";
import type { RefreshRequest, RotateRequest } from "@vaultproof/protocol/rotation-routes";
import {
  joinSealedMessage,
  parseSealedMessage,
  type SealedMessage,
} from "@vaultproof/protocol/sealed-message";
import { ServerError } from "../errors.js";
import type { StorageKeys } from "../keys/storage-keys.js";
import type { TransportKeys } from "../keys/transport-keys.js";
import { assertActive, withOwnSlot } from "./change-slot.js";
import { checkShare1 } from "./check-share1.js";
import { remaskShare, type RotatedSlot } from "./remask-share.js";

/** What changing a slot's share takes. */
export interface RotationDependencies {
  readonly db: Database;
  readonly storageKeys: StorageKeys;
  readonly transportKeys: Pick<TransportKeys, "find">;
}

/**
 * Replaces the provider key of a slot. Apps, grants and destination stay; proofs made with the share before are refused
 * from then on, also those that are on their way.
 *
 * @returns the version that it made; a repeat of the request that made the slot's version answers the same.
 * @throws ServerError `notFound`, `versionConflict`, `shareNotOpened` for a share that was not sealed for this slot's next
 *   version.
 */
export async function rotateKey(
  { db, storageKeys }: RotationDependencies,
  slot: RotatedSlot,
  request: RotateRequest,
): Promise<{ version: number }> {
  return await changeShare(db, { slot, request, kind: "rotate" }, (owned) =>
    checkShare1(storageKeys, {
      sealed: request.share1_encrypted,
      slotId: slot.slotId,
      slotVersion: request.fromVersion + 1,
      developerPublicKey: slot.developer.publicKey,
      destination: owned,
    }),
  );
}

/**
 * Changes both shares of a slot by a mask: the provider key stays, and either share of before is worth nothing with a share
 * of after.
 *
 * @returns the version that it made; a repeat of the request that made the slot's version answers the same.
 * @throws ServerError `notFound`, `versionConflict`, `unknownTransportKey`, `shareNotOpened` for a mask that was not sealed
 *   for this change or has not the share's length, `keyReconstruction` if the stored share does not open.
 */
export async function refreshShare(
  { db, storageKeys, transportKeys }: RotationDependencies,
  slot: RotatedSlot,
  request: RefreshRequest,
): Promise<{ version: number }> {
  const mask = parseSealedMessage(request.mask_encrypted);
  // Looked for before the transaction: on PGlite nothing else may ask the database during one.
  const transportKey = await transportKeys.find(mask.keyId);
  return await changeShare(db, { slot, request, kind: "refresh" }, (owned) => {
    if (transportKey === undefined) throw new ServerError("unknownTransportKey");
    return remaskShare(storageKeys, { slot, owned, request, mask, transportKey });
  });
}

/** The part that both share: which request it is, whether it was done before, and compare-and-swap on the version. */
async function changeShare(
  db: Database,
  change: {
    readonly slot: RotatedSlot;
    readonly request: RotateRequest | RefreshRequest;
    readonly kind: "rotate" | "refresh";
  },
  nextShare: (owned: OwnedSlot) => SealedMessage,
): Promise<{ version: number }> {
  const { slot, request, kind } = change;
  const { fromVersion, vaultCommitment } = request;
  const changeDigest = digest(`vaultproof ${kind} v1`, canonicalJson(request));
  return await withOwnSlot(db, slot, async (tx, owned) => {
    assertActive(owned);
    const version = fromVersion + 1;
    if (owned.version === version && isSame(owned.changeDigest, changeDigest)) {
      return { result: { version }, outcome: "repeated" };
    }
    if (owned.version !== fromVersion) throw conflict(owned.version);
    const message = nextShare(owned);
    const { replaced } = await replaceShare(tx, {
      slotId: slot.slotId,
      fromVersion,
      share1Encrypted: joinSealedMessage(message),
      serverKeyId: message.keyId,
      vaultCommitment: fromHex(vaultCommitment),
      changeDigest,
      isNewKey: kind === "rotate",
    });
    if (!replaced) throw conflict(owned.version);
    return { result: { version }, outcome: kind === "rotate" ? "rotated" : "refreshed" };
  });
}

function conflict(version: number): ServerError {
  return new ServerError("versionConflict", { extra: { reason: `Key slot is at version ${version}` } });
}

function isSame(stored: Uint8Array | null, given: Uint8Array): boolean {
  return stored !== null && Buffer.compare(stored, given) === 0;
}
