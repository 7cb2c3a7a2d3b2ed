import type { Queryable } from "../database.js";

const TEXT = `
  UPDATE key_slots SET share1_encrypted = $3::bytea, server_key_id = $4::bytea
   WHERE id = $1::uuid AND version = $2::integer AND status = 'active'`;

/**
 * Stores the same share of the same version, sealed to another storage key. Call it after `lockSlot`, in the same
 * transaction.
 */
export async function resealShare(
  tx: Queryable,
  share: {
    readonly slotId: string;
    readonly version: number;
    readonly share1Encrypted: Uint8Array;
    readonly serverKeyId: Uint8Array;
  },
): Promise<void> {
  const values = [share.slotId, share.version, share.share1Encrypted, share.serverKeyId];
  await tx.query({ text: TEXT, values });
}
