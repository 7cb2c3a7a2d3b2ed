import type { Queryable } from "../database.js";

/**
 * Takes the slot's lock for a change, until the transaction ends; waits for calls that are being burnt and makes
 * later ones wait. Every change of a slot takes it first and reads the slot only afterwards.
 */
export async function lockSlot(tx: Queryable, slotId: string): Promise<void> {
  await tx.query({
    name: "lock_slot",
    text: "SELECT pg_advisory_xact_lock(slot_lock_key($1::uuid))",
    values: [slotId],
  });
}
