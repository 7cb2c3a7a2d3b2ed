import type { Queryable } from "@vaultproof/db/database";
import { findLeafPath } from "@vaultproof/db/queries/find-leaf-path";
import { KEY_SLOT_ID } from "@vaultproof/protocol/call";
import { fromHex } from "@vaultproof/protocol/encoding";
import { fieldToHex } from "@vaultproof/protocol/field";
import { ServerError } from "../errors.js";
import type { AppTrees } from "./app-trees.js";

const LEAF = /^[0-9a-f]{64}$/;

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

/** What reading paths takes. */
export interface AppPathDependencies {
  readonly db: Queryable;
  readonly trees: AppTrees;
}

/** Makes the reader of paths. Anybody with a bundle may ask, so a tree is grown once for all of them. */
export function createAppPathReader({ db, trees }: AppPathDependencies): AppPathReader {
  return {
    async read({ slotId, leaf }) {
      if (!KEY_SLOT_ID.test(slotId) || typeof leaf !== "string" || !LEAF.test(leaf)) {
        throw new ServerError("notFound");
      }
      const found = await findLeafPath(db, { slotId, leaf: fromHex(leaf) });
      if (found === null) throw new ServerError("notFound");
      const tree = await trees.grow(found);
      const { index, siblings, appRoot } = tree.path(found.index);
      return { index, siblings: siblings.map(fieldToHex), appRoot: fieldToHex(appRoot) };
    },
  };
}
