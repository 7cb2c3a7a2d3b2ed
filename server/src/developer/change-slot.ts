import type { Database, Queryable } from "@vaultproof/db/database";
import { lockSlot } from "@vaultproof/db/queries/lock-slot";
import { putGrant } from "@vaultproof/db/queries/put-grant";
import { readLeaves } from "@vaultproof/db/queries/read-leaves";
import { readSlotForOwner, type OwnedSlot } from "@vaultproof/db/queries/read-slot-for-owner";
import { revokeGrant } from "@vaultproof/db/queries/revoke-grant";
import { revokeSlot } from "@vaultproof/db/queries/revoke-slot";
import { updateAppRoot } from "@vaultproof/db/queries/update-app-root";
import type { GrantRequest } from "@vaultproof/protocol/developer-routes";
import { bytesToHex, fromHex } from "@vaultproof/protocol/encoding";
import { fieldToBytes } from "@vaultproof/protocol/field";
import { ServerError } from "../errors.js";
import { growTree } from "./grow-tree.js";

/** A slot and who says to own it. */
export interface SlotOfDeveloper {
  readonly slotId: string;
  readonly developerId: string;
}

/**
 * Revokes a slot for good. When this has answered, no call burns a nullifier on it any more; a repeat is no error.
 *
 * @throws ServerError `notFound`, alike for no slot and somebody else's.
 */
export async function revokeKey(db: Database, slot: SlotOfDeveloper): Promise<void> {
  await withOwnSlot(db, slot, async (tx) => {
    await revokeSlot(tx, slot.slotId);
  });
}

/**
 * Grants an app on a slot, or replaces its grant.
 *
 * @returns the leaf's index and the slot's new root, 64 hex digits.
 * @throws ServerError `notFound`, `versionConflict` on a revoked slot, `slotFull`.
 */
export async function grantApp(
  db: Database,
  slot: SlotOfDeveloper,
  grant: GrantRequest,
): Promise<{ index: number; appRoot: string }> {
  return await withOwnSlot(db, slot, async (tx, owned) => {
    assertActive(owned);
    const placed = await putGrant(tx, {
      slotId: slot.slotId,
      appId: grant.appId,
      leaf: fromHex(grant.leaf),
      restrictions: grant.restrictions,
    });
    if (placed.outcome === "full") throw new ServerError("slotFull");
    return { index: placed.index, appRoot: await recomputeRoot(tx, slot.slotId) };
  });
}

/**
 * Takes an app off a slot. When this has answered, no call of that app burns a nullifier any more.
 *
 * @returns the slot's new root, 64 hex digits.
 * @throws ServerError `notFound`, also for an app that is not granted: a mistyped name must not read as revoked;
 *   `versionConflict` on a revoked slot.
 */
export async function revokeApp(
  db: Database,
  slot: SlotOfDeveloper,
  appId: string,
): Promise<{ appRoot: string }> {
  return await withOwnSlot(db, slot, async (tx, owned) => {
    assertActive(owned);
    const { revoked } = await revokeGrant(tx, { slotId: slot.slotId, appId });
    if (!revoked) throw new ServerError("notFound", { extra: { reason: "App is not granted" } });
    return { appRoot: await recomputeRoot(tx, slot.slotId) };
  });
}

/** Every change of a slot: its lock first, the slot read only then, and all of it in one transaction. */
async function withOwnSlot<T>(
  db: Database,
  slot: SlotOfDeveloper,
  change: (tx: Queryable, owned: OwnedSlot) => Promise<T>,
): Promise<T> {
  return await db.transaction(async (tx) => {
    await lockSlot(tx, slot.slotId);
    const owned = await readSlotForOwner(tx, slot);
    if (owned === null) throw new ServerError("notFound");
    return await change(tx, owned);
  });
}

function assertActive({ status }: OwnedSlot): void {
  if (status !== "active") {
    throw new ServerError("versionConflict", { extra: { reason: "Key slot is revoked" } });
  }
}

async function recomputeRoot(tx: Queryable, slotId: string): Promise<string> {
  const tree = await growTree(await readLeaves(tx, slotId));
  const appRoot = fieldToBytes(tree.appRoot);
  await updateAppRoot(tx, { slotId, appRoot });
  return bytesToHex(appRoot);
}
