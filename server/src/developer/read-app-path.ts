import type { Queryable } from "@vaultproof/db/database";
import { findLeafPath } from "@vaultproof/db/queries/find-leaf-path";
import { computeAppPath } from "@vaultproof/protocol/app-tree";
import { KEY_SLOT_ID } from "@vaultproof/protocol/call";
import { fromHex } from "@vaultproof/protocol/encoding";
import { fieldFromBytes, fieldToHex } from "@vaultproof/protocol/field";
import { ServerError } from "../errors.js";

const LEAF = /^[0-9a-f]{64}$/;

/** The place of a leaf and its siblings from the bottom up, 64 hex digits each. */
export interface AppPathAnswer {
  readonly index: number;
  readonly siblings: string[];
  readonly appRoot: string;
}

/**
 * Finds the path of an app's leaf. The leaf is a hash over a secret: whoever names it was told it.
 *
 * @throws ServerError `notFound` for everything else, whatever was wrong.
 */
export async function readAppPath(
  db: Queryable,
  { slotId, leaf }: { readonly slotId: string; readonly leaf: unknown },
): Promise<AppPathAnswer> {
  if (!KEY_SLOT_ID.test(slotId) || typeof leaf !== "string" || !LEAF.test(leaf)) {
    throw new ServerError("notFound");
  }
  const found = await findLeafPath(db, { slotId, leaf: fromHex(leaf) });
  if (found === null) throw new ServerError("notFound");
  const { index, siblings, appRoot } = computeAppPath(
    found.leaves.map((other) => ({ index: other.index, leaf: fieldFromBytes(other.leaf) })),
    found.index,
  );
  return { index, siblings: siblings.map(fieldToHex), appRoot: fieldToHex(appRoot) };
}
