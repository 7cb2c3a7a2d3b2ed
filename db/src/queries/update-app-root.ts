import type { Queryable } from "../database.js";

/** Stores the root computed from the leaves, in the transaction that changed them. */
export async function updateAppRoot(
  tx: Queryable,
  { slotId, appRoot }: { slotId: string; appRoot: Uint8Array },
): Promise<void> {
  await tx.query({
    text: "UPDATE key_slots SET app_root = $2::bytea WHERE id = $1::uuid",
    values: [slotId, appRoot],
  });
}
