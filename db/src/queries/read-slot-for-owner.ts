import type { Queryable } from "../database.js";

/** A slot as a change of it needs it. */
export interface OwnedSlot {
  id: string;
  version: number;
  status: "active" | "revoked";
  provider: string;
  baseUrl: string;
  headerName: string;
  headerTemplate: string;
  label: string;
  share1Encrypted: Uint8Array | null;
  serverKeyId: Uint8Array;
  vaultCommitment: Uint8Array;
  appRoot: Uint8Array;
  restrictions: unknown;
  /** Digest of the request that made this version; null at the first. */
  changeDigest: Uint8Array | null;
}

const TEXT = `
  SELECT id, version, status, provider, base_url AS "baseUrl", header_name AS "headerName",
         header_template AS "headerTemplate", label, share1_encrypted AS "share1Encrypted",
         server_key_id AS "serverKeyId", vault_commitment AS "vaultCommitment", app_root AS "appRoot", restrictions,
         change_digest AS "changeDigest"
    FROM key_slots
   WHERE id = $1::uuid AND developer_id = $2`;

/**
 * Reads a slot for a change by its owner; somebody else's slot reads like none. Call it after `lockSlot`, in the
 * same transaction; what is read without the lock may have changed by the next statement.
 */
export async function readSlotForOwner(
  tx: Queryable,
  { slotId, developerId }: { slotId: string; developerId: string },
): Promise<OwnedSlot | null> {
  const { rows } = await tx.query<OwnedSlot>({ text: TEXT, values: [slotId, developerId] });
  return rows[0] ?? null;
}
