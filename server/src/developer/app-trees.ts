import { APP_TREE_DEPTH, type AppTree } from "@vaultproof/protocol/app-tree";
import { bytesToHex } from "@vaultproof/protocol/encoding";
import { fieldToHex } from "@vaultproof/protocol/field";
import { LRUCache } from "lru-cache";
import { growTree, type StoredLeaf } from "./grow-tree.js";

/** Nodes of the trees that are kept, counted as leaves and the way up to the root: some ten megabytes. */
const KEPT_NODES = 50_000;

/** The trees of slots' apps: that of a full slot takes a third of a second of hashing. */
export interface AppTrees {
  /** The tree of this root, 32 bytes, if it is kept or growing. */
  find(appRoot: Uint8Array): Promise<AppTree> | undefined;
  /** The tree over `leaves`, read at one moment with their root: the kept one, or a new one that all wait for. */
  grow(slot: { readonly appRoot: Uint8Array; readonly leaves: readonly StoredLeaf[] }): Promise<AppTree>;
  /** Keeps `next` in the place of the tree of the root `before`, which its slot no longer has. */
  replace(before: Uint8Array, next: AppTree): void;
}

/** Keeps trees under their roots. A root commits to every leaf, so none of them ever goes stale. */
export function createAppTrees(): AppTrees {
  const kept = new LRUCache<string, Promise<AppTree>>({ maxSize: KEPT_NODES });
  return {
    find: (appRoot) => kept.get(bytesToHex(appRoot)),
    grow({ appRoot, leaves }) {
      const root = bytesToHex(appRoot);
      const known = kept.get(root);
      if (known !== undefined) return known;
      // Kept before it has grown, for those who ask meanwhile.
      const tree = growTree(leaves);
      kept.set(root, tree, { size: leaves.length + APP_TREE_DEPTH });
      tree.catch(() => kept.delete(root));
      return tree;
    },
    replace(before, next) {
      kept.delete(bytesToHex(before));
      // Counted whole: it alone holds what it shares with the one before.
      kept.set(fieldToHex(next.appRoot), Promise.resolve(next), {
        size: next.leaves + APP_TREE_DEPTH,
      });
    },
  };
}
