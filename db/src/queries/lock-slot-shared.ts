import type { Queryable } from "../database.js";

/** Takes the slot's lock beside others who only use the slot, until the transaction ends. */
export async function lockSlotShared(tx: Queryable, slotId: string): Promise<void> {
  await tx.query({
    name: "lock_slot_shared",
    text: "SELECT pg_advisory_xact_lock_shared(slot_lock_key($1::uuid))",
    values: [slotId],
  });
}
