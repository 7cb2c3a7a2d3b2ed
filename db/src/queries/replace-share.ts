import type { Queryable } from "../database.js";

/** A slot's next version. Commitment and digest are 32 bytes, `serverKeyId` 8. */
export interface ReplacedShare {
  readonly slotId: string;
  readonly fromVersion: number;
  readonly share1Encrypted: Uint8Array;
  readonly serverKeyId: Uint8Array;
  readonly vaultCommitment: Uint8Array;
  /** Digest of the request that this comes from. */
  readonly changeDigest: Uint8Array;
  /** Whether the provider key behind the share is another one. */
  readonly isNewKey: boolean;
}

const TEXT = `
  UPDATE key_slots
     SET version = version + 1, share1_encrypted = $3::bytea, server_key_id = $4::bytea,
         vault_commitment = $5::bytea, change_digest = $6::bytea,
         rotated_at = CASE WHEN $7::boolean THEN unix_now() ELSE rotated_at END
   WHERE id = $1::uuid AND version = $2::integer AND status = 'active'`;

/**
 * Gives an active slot its next version. Call it after `lockSlot`, in the same transaction.
 *
 * @returns false if the slot is not at `fromVersion`, or not active.
 */
export async function replaceShare(tx: Queryable, share: ReplacedShare): Promise<{ replaced: boolean }> {
  const { rowCount } = await tx.query({
    text: TEXT,
    values: [
      share.slotId,
      share.fromVersion,
      share.share1Encrypted,
      share.serverKeyId,
      share.vaultCommitment,
      share.changeDigest,
      share.isNewKey,
    ],
  });
  return { replaced: rowCount === 1 };
}
