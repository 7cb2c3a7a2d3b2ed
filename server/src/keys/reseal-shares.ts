import type { Database } from "@vaultproof/db/database";
import {
  FIRST_SLOT_ID,
  listSealedSlotIds,
  readSealedSlots,
  type SealedSlot,
} from "@vaultproof/db/queries/list-sealed-slots";
import { lockSlot } from "@vaultproof/db/queries/lock-slot";
import { resealShare } from "@vaultproof/db/queries/reseal-share";
import { destinationDigest } from "@vaultproof/protocol/destination";
import { bytesToHex } from "@vaultproof/protocol/encoding";
import {
  joinSealedMessage,
  parseSealedBytes,
  SealedMessageError,
  share1Context,
  type SealingContext,
} from "@vaultproof/protocol/sealed-message";
import { wipe } from "../secret-bytes.js";
import { openSealed, SealOpenError } from "./hpke-open.js";
import { sealTo } from "./hpke-seal.js";
import type { StorageKeys } from "./storage-keys.js";

/** A slot whose share does not open. Never holds a byte of it. */
export interface UnopenedShare {
  readonly slotId: string;
  /** The storage key that it names, 16 hex digits; undefined if it is not even a sealed message. */
  readonly keyId: string | undefined;
  /** Whether that key is there. */
  readonly isKeyKnown: boolean;
}

/** How far it has got. */
export interface ResealProgress {
  readonly examined: number;
  /** In a dry run, those that would be. */
  readonly resealed: number;
  readonly unopened: readonly UnopenedShare[];
}

/** What re-sealing takes. */
export interface ResealOptions {
  readonly db: Database;
  readonly storageKeys: StorageKeys;
  /** Slots whose locks are held at once. */
  readonly batch: number;
  /** Opens every share, those of the current key too, and changes nothing. */
  readonly isDryRun: boolean;
  /** Told after each batch. */
  readonly onProgress: (progress: ResealProgress) => void;
}

/**
 * Seals every share that is sealed to another storage key to the current one, for the same version. Each batch is one
 * transaction, which takes the locks of its slots in the order of their ids: a run can be killed at any moment and begun
 * again, two at once do the same work and no harm, and calls wait for a batch at most. A call that has burnt its nullifier
 * goes on with the share that it was given.
 */
export async function resealShares(options: ResealOptions): Promise<ResealProgress> {
  const { db, storageKeys, batch, isDryRun, onProgress } = options;
  const exceptKeyId = isDryRun ? null : storageKeys.current.id;
  const unopened: UnopenedShare[] = [];
  let progress: ResealProgress = { examined: 0, resealed: 0, unopened };
  let after = FIRST_SLOT_ID;
  for (;;) {
    const ids = await listSealedSlotIds(db, { after, limit: batch, exceptKeyId });
    const last = ids.at(-1);
    if (last === undefined) return progress;
    const done = isDryRun
      ? examine(storageKeys, await readSealedSlots(db, ids))
      : await resealBatch(db, storageKeys, ids);
    unopened.push(...done.unopened);
    const { examined, resealed } = progress;
    progress = { examined: examined + done.examined, resealed: resealed + done.resealed, unopened };
    onProgress(progress);
    after = last;
  }
}

async function resealBatch(
  db: Database,
  storageKeys: StorageKeys,
  ids: readonly string[],
): Promise<ResealProgress> {
  return await db.transaction(async (tx) => {
    for (const id of ids) await lockSlot(tx, id);
    const slots = await readSealedSlots(tx, ids);
    const unopened: UnopenedShare[] = [];
    let resealed = 0;
    for (const slot of slots) {
      const outcome = reseal(storageKeys, slot);
      if ("slotId" in outcome) unopened.push(outcome);
      if (!("sealed" in outcome)) continue;
      const serverKeyId = storageKeys.current.id;
      await resealShare(tx, {
        slotId: slot.id,
        version: slot.version,
        share1Encrypted: outcome.sealed,
        serverKeyId,
      });
      resealed++;
    }
    return { examined: slots.length, resealed, unopened };
  });
}

function examine(storageKeys: StorageKeys, slots: readonly SealedSlot[]): ResealProgress {
  const unopened: UnopenedShare[] = [];
  let resealed = 0;
  for (const slot of slots) {
    const outcome = reseal(storageKeys, slot);
    if ("slotId" in outcome) unopened.push(outcome);
    else if ("sealed" in outcome) resealed++;
  }
  return { examined: slots.length, resealed, unopened };
}

/** The share sealed anew and opened once more, to be sure; `isCurrent` for one that need not be. */
function reseal(
  storageKeys: StorageKeys,
  slot: SealedSlot,
): { sealed: Uint8Array } | { isCurrent: true } | UnopenedShare {
  const context = contextOf(slot);
  const share1 = open(storageKeys, slot, context);
  if ("slotId" in share1) return share1;
  const secrets = [share1.bytes];
  try {
    if (share1.isCurrent) return { isCurrent: true };
    const message = sealTo(storageKeys.current, context, share1.bytes);
    const again = openSealed(storageKeys.current, message, context);
    secrets.push(again);
    if (Buffer.compare(again, share1.bytes) !== 0) throw new Error("a share was not sealed as it was");
    return { sealed: joinSealedMessage(message) };
  } finally {
    wipe(...secrets);
  }
}

function open(
  storageKeys: StorageKeys,
  slot: SealedSlot,
  context: SealingContext,
): { bytes: Uint8Array; isCurrent: boolean } | UnopenedShare {
  let keyId: string | undefined;
  let isKeyKnown = false;
  try {
    const message = parseSealedBytes(new Uint8Array(slot.share1Encrypted));
    keyId = bytesToHex(message.keyId);
    const key = storageKeys.find(message.keyId);
    if (key === undefined) return { slotId: slot.id, keyId, isKeyKnown };
    isKeyKnown = true;
    return { bytes: openSealed(key, message, context), isCurrent: key === storageKeys.current };
  } catch (error) {
    if (error instanceof SealOpenError || error instanceof SealedMessageError) {
      return { slotId: slot.id, keyId, isKeyKnown };
    }
    throw error;
  }
}

function contextOf(slot: SealedSlot): SealingContext {
  return share1Context({
    slotId: slot.id,
    slotVersion: slot.version,
    developerPublicKey: slot.developerPublicKey,
    destination: destinationDigest(slot),
  });
}
