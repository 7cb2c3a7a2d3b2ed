import type { Queryable } from "@vaultproof/db/database";
import { findLeafPath, type LeafPosition } from "@vaultproof/db/queries/find-leaf-path";
import { KEY_SLOT_ID } from "@vaultproof/protocol/call";
import { bytesToHex, fromHex } from "@vaultproof/protocol/encoding";
import { fieldToHex } from "@vaultproof/protocol/field";
import { LRUCache } from "lru-cache";
import { ServerError } from "../errors.js";
import { growTree } from "./grow-tree.js";

const LEAF = /^[0-9a-f]{64}$/;
const KEPT_PATHS = 10_000;

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
 * Makes the reader of paths. It keeps what it computed: the tree of a full slot takes a third of a second of hashing,
 * and anybody with a bundle may ask. A root commits to every leaf, so a path kept under its root never goes stale.
 */
export function createAppPathReader(db: Queryable): AppPathReader {
  const kept = new LRUCache<string, AppPathAnswer>({ max: KEPT_PATHS });
  return {
    async read({ slotId, leaf }) {
      if (!KEY_SLOT_ID.test(slotId) || typeof leaf !== "string" || !LEAF.test(leaf)) {
        throw new ServerError("notFound");
      }
      const found = await findLeafPath(db, { slotId, leaf: fromHex(leaf) });
      if (found === null) throw new ServerError("notFound");
      const name = `${bytesToHex(found.appRoot)} ${found.index}`;
      const answer = kept.get(name) ?? (await computePath(found));
      kept.set(name, answer);
      return answer;
    },
  };
}

async function computePath({ leaves, index }: LeafPosition): Promise<AppPathAnswer> {
  const { siblings, appRoot } = (await growTree(leaves)).path(index);
  return { index, siblings: siblings.map(fieldToHex), appRoot: fieldToHex(appRoot) };
}
