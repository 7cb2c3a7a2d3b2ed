import type { Queryable } from "@vaultproof/db/database";
import { findLeafPath, type LeafPosition } from "@vaultproof/db/queries/find-leaf-path";
import { APP_TREE_DEPTH, type AppTree } from "@vaultproof/protocol/app-tree";
import { KEY_SLOT_ID } from "@vaultproof/protocol/call";
import { bytesToHex, fromHex } from "@vaultproof/protocol/encoding";
import { fieldToHex } from "@vaultproof/protocol/field";
import { LRUCache } from "lru-cache";
import { ServerError } from "../errors.js";
import { growTree } from "./grow-tree.js";

const LEAF = /^[0-9a-f]{64}$/;
/** Nodes of the trees that are kept, counted as leaves and the way up to the root: some ten megabytes. */
const KEPT_NODES = 50_000;

/** The place of a leaf and its siblings from the bottom up, 64 hex digits each. */
export interface AppPathAnswer {
  readonly index: number;
  readonly siblings: string[];
  readonly appRoot: string;
}

/** Finds paths of apps' leaves. */
export interface AppPathReader {
  /**
   * The leaf is a hash over a secret: whoever names it was told it.
   *
   * @throws ServerError `notFound` for everything else, whatever was wrong.
   */
  read(request: { readonly slotId: string; readonly leaf: unknown }): Promise<AppPathAnswer>;
}

/**
 * Makes the reader of paths. It keeps the trees that it grew: that of a full slot takes a third of a second of hashing,
 * and anybody with a bundle may ask. A root commits to every leaf, so a tree kept under its root never goes stale.
 */
export function createAppPathReader(db: Queryable): AppPathReader {
  const kept = new LRUCache<string, Promise<AppTree>>({ maxSize: KEPT_NODES });
  const treeOf = ({ leaves, appRoot }: LeafPosition): Promise<AppTree> => {
    const root = bytesToHex(appRoot);
    const known = kept.get(root);
    if (known !== undefined) return known;
    // Kept before it has grown: who asks meanwhile, for this path or another, waits for the same tree.
    const tree = growTree(leaves);
    kept.set(root, tree, { size: leaves.length + APP_TREE_DEPTH });
    tree.catch(() => kept.delete(root));
    return tree;
  };
  return {
    async read({ slotId, leaf }) {
      if (!KEY_SLOT_ID.test(slotId) || typeof leaf !== "string" || !LEAF.test(leaf)) {
        throw new ServerError("notFound");
      }
      const found = await findLeafPath(db, { slotId, leaf: fromHex(leaf) });
      if (found === null) throw new ServerError("notFound");
      const { index, siblings, appRoot } = (await treeOf(found)).path(found.index);
      return { index, siblings: siblings.map(fieldToHex), appRoot: fieldToHex(appRoot) };
    },
  };
}
