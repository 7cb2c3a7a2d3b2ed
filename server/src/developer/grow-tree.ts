import { setImmediate } from "node:timers/promises";
import { growAppTree, type AppTree } from "@vaultproof/protocol/app-tree";
import { fieldFromBytes } from "@vaultproof/protocol/field";

/** A leaf as the database keeps it. */
export interface StoredLeaf {
  readonly index: number;
  /** A field element, 32 bytes. */
  readonly leaf: Uint8Array;
}

/** The tree over a slot's leaves. Other requests are served while it is hashed. */
export async function growTree(leaves: readonly StoredLeaf[]): Promise<AppTree> {
  const placed = leaves.map(({ index, leaf }) => ({ index, leaf: fieldFromBytes(leaf) }));
  return await growAppTree(placed, () => setImmediate());
}
