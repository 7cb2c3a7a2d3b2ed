import { setImmediate } from "node:timers/promises";
import { growAppTree, type AppTree } from "@vaultproof/protocol/app-tree";
import { fieldFromBytes } from "@vaultproof/protocol/field";

/** A leaf as the database keeps it. */
export interface StoredLeaf {
  readonly index: number;
  /** A field element, 32 bytes. */
  readonly leaf: Uint8Array;
}

let lastTurn: Promise<void> = Promise.resolve();

/** The tree over a slot's leaves. Other requests are served while it is hashed, however many trees grow at once. */
export async function growTree(leaves: readonly StoredLeaf[]): Promise<AppTree> {
  const placed = leaves.map(({ index, leaf }) => ({ index, leaf: fieldFromBytes(leaf) }));
  return await growAppTree(placed, takeTurn);
}

/**
 * Resolves in the next turn of the event loop that no other tree has. Trees that gave way each for itself would all be
 * hashed on in the same turn, and anybody with a full slot could ask for a hundred of them.
 */
function takeTurn(): Promise<void> {
  lastTurn = lastTurn.then(() => setImmediate());
  return lastTurn;
}
