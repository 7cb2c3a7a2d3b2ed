import type { Database, Queryable } from "@vaultproof/db/database";
import { lockSlot } from "@vaultproof/db/queries/lock-slot";
import { putGrant } from "@vaultproof/db/queries/put-grant";
import { readLeaves } from "@vaultproof/db/queries/read-leaves";
import { readSlotForOwner, type OwnedSlot } from "@vaultproof/db/queries/read-slot-for-owner";
import { readTree } from "@vaultproof/db/queries/read-tree";
import { revokeGrant } from "@vaultproof/db/queries/revoke-grant";
import { revokeSlot } from "@vaultproof/db/queries/revoke-slot";
import { updateAppRoot } from "@vaultproof/db/queries/update-app-root";
import type { AppTree, PlacedLeaf } from "@vaultproof/protocol/app-tree";
import type { GrantRequest } from "@vaultproof/protocol/developer-routes";
import { bytesToHex, fromHex } from "@vaultproof/protocol/encoding";
import { fieldFromBytes, fieldToBytes, fieldToHex } from "@vaultproof/protocol/field";
import { appendAct, type ActOutcome, type ManagementAct } from "../audit/management-act.js";
import { ServerError } from "../errors.js";
import type { AppTrees } from "./app-trees.js";
import { growTree } from "./grow-tree.js";

/** A slot, who says to own it, and what is asked of it. */
export interface SlotOfDeveloper {
  readonly slotId: string;
  readonly developerId: string;
  readonly act: ManagementAct;
}

/** What changing a slot's apps takes. */
export interface ChangeDependencies {
  readonly db: Database;
  readonly trees: AppTrees;
}

/**
 * Revokes a slot for good. When this has answered, no call burns a nullifier on it any more; a repeat is no error.
 *
 * @throws ServerError `notFound`, alike for no slot and somebody else's.
 */
export async function revokeKey(db: Database, slot: SlotOfDeveloper): Promise<void> {
  await withOwnSlot(db, slot, async (tx) => {
    const { revoked } = await revokeSlot(tx, slot.slotId);
    return { result: undefined, outcome: revoked ? "revoked" : "repeated" };
  });
}

/**
 * Grants an app on a slot, or replaces its grant.
 *
 * @returns the leaf's index and the slot's new root, 64 hex digits.
 * @throws ServerError `notFound`, `versionConflict` on a revoked slot, `slotFull`.
 */
export async function grantApp(
  deps: ChangeDependencies,
  slot: SlotOfDeveloper,
  { appId, leaf, restrictions }: GrantRequest,
): Promise<{ index: number; appRoot: string }> {
  return await changeLeaf(deps, slot, "granted", async (tx) => {
    const grant = { slotId: slot.slotId, appId, leaf: fromHex(leaf), restrictions };
    const placed = await putGrant(tx, grant);
    if (placed.outcome === "full") throw new ServerError("slotFull");
    return { index: placed.index, leaf: fieldFromBytes(grant.leaf) };
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
  deps: ChangeDependencies,
  slot: SlotOfDeveloper,
  appId: string,
): Promise<{ appRoot: string }> {
  const { appRoot } = await changeLeaf(deps, slot, "revoked", async (tx) => {
    const grant = await revokeGrant(tx, { slotId: slot.slotId, appId });
    if (!grant.revoked) throw new ServerError("notFound", { extra: { reason: "App is not granted" } });
    return { index: grant.index, leaf: 0n };
  });
  return { appRoot };
}

/**
 * Changes a leaf of an active slot and the root with it. The tree as it was is grown before the transaction: a third of
 * a second under the slot's lock would hold a connection as long, the only one there is on PGlite.
 */
async function changeLeaf(
  { db, trees }: ChangeDependencies,
  slot: SlotOfDeveloper,
  outcome: ActOutcome,
  change: (tx: Queryable) => Promise<PlacedLeaf>,
): Promise<{ index: number; appRoot: string }> {
  const prepared = await treeBefore({ db, trees }, slot);
  const { before, placed, tree } = await withOwnSlot(db, slot, async (tx, owned) => {
    assertActive(owned);
    const placed = await change(tx);
    const current = await currentTree(trees, prepared, owned.appRoot);
    // Nobody has the tree when another process changed the slot meanwhile, which is rare enough to hash it here.
    const tree = current?.with(placed) ?? (await growTree(await readLeaves(tx, slot.slotId)));
    await updateAppRoot(tx, { slotId: slot.slotId, appRoot: fieldToBytes(tree.appRoot) });
    return { result: { before: owned.appRoot, placed, tree }, outcome };
  });
  trees.replace(before, tree);
  return { index: placed.index, appRoot: fieldToHex(tree.appRoot) };
}

/** The slot's tree as it was a moment ago: read without the lock. */
async function treeBefore(
  { db, trees }: ChangeDependencies,
  slot: SlotOfDeveloper,
): Promise<AppTree | undefined> {
  const owned = await readSlotForOwner(db, slot);
  // Nothing is hashed for those whom the transaction will refuse.
  if (owned?.status !== "active") return undefined;
  const kept = trees.find(owned.appRoot);
  if (kept !== undefined) return await kept;
  const stored = await readTree(db, slot.slotId);
  return stored === null ? undefined : await trees.grow(stored);
}

/** The tree of the root that the slot has under its lock: the prepared one, or what an earlier change here left. */
async function currentTree(
  trees: AppTrees,
  prepared: AppTree | undefined,
  appRoot: Uint8Array,
): Promise<AppTree | undefined> {
  const root = bytesToHex(appRoot);
  const hasRoot = (tree: AppTree | undefined): boolean =>
    tree !== undefined && fieldToHex(tree.appRoot) === root;
  if (hasRoot(prepared)) return prepared;
  const kept = await trees.find(appRoot);
  return hasRoot(kept) ? kept : undefined;
}

/**
 * Every change of a slot: its lock first, the slot read only then, the act written down, and all of it in one
 * transaction.
 *
 * @throws ServerError `notFound`, alike for no slot and somebody else's, and whatever `change` throws.
 */
export async function withOwnSlot<T>(
  db: Database,
  slot: SlotOfDeveloper,
  change: (tx: Queryable, owned: OwnedSlot) => Promise<{ readonly result: T; readonly outcome: ActOutcome }>,
): Promise<T> {
  return await db.transaction(async (tx) => {
    await lockSlot(tx, slot.slotId);
    const owned = await readSlotForOwner(tx, slot);
    if (owned === null) throw new ServerError("notFound");
    const { result, outcome } = await change(tx, owned);
    await appendAct(tx, slot.act, outcome);
    return result;
  });
}

/** @throws ServerError `versionConflict` for a revoked slot. */
export function assertActive({ status }: OwnedSlot): void {
  if (status !== "active") {
    throw new ServerError("versionConflict", { extra: { reason: "Key slot is revoked" } });
  }
}
