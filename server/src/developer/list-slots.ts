import type { Queryable } from "@vaultproof/db/database";
import { listKeySlots, type ListedKeySlot } from "@vaultproof/db/queries/list-key-slots";
import { readSlotForOwner } from "@vaultproof/db/queries/read-slot-for-owner";
import { ServerError } from "../errors.js";

/**
 * A page of a developer's slots.
 *
 * @param page.after the slot behind which it begins.
 * @throws ServerError `notFound` where that is none of this developer's: an empty page would read as the end.
 */
export async function listSlots(
  db: Queryable,
  page: { readonly developerId: string; readonly after?: string | undefined; readonly limit: number },
): Promise<{ keySlots: ListedKeySlot[]; next: string | null }> {
  const { developerId, after = null, limit } = page;
  if (after !== null && (await readSlotForOwner(db, { slotId: after, developerId })) === null) {
    throw new ServerError("notFound");
  }
  return await listKeySlots(db, { developerId, after, limit });
}
