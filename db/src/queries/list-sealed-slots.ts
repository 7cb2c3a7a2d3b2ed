import type { Queryable } from "../database.js";

/** An active slot's share and all that it is sealed for. */
export interface SealedSlot {
  id: string;
  version: number;
  /** Raw Ed25519, 32 bytes. */
  developerPublicKey: Uint8Array;
  provider: string;
  baseUrl: string;
  headerName: string;
  headerTemplate: string;
  share1Encrypted: Uint8Array;
}

/** Before every id. */
export const FIRST_SLOT_ID = "00000000-0000-0000-0000-000000000000";

const IDS_TEXT = `
  SELECT id FROM key_slots
   WHERE status = 'active' AND id > $1::uuid AND ($2::bytea IS NULL OR server_key_id <> $2::bytea)
   ORDER BY id LIMIT $3::integer`;

const SLOTS_TEXT = `
  SELECT s.id, s.version, d.public_key AS "developerPublicKey", s.provider, s.base_url AS "baseUrl",
         s.header_name AS "headerName", s.header_template AS "headerTemplate",
         s.share1_encrypted AS "share1Encrypted"
    FROM key_slots s JOIN developers d ON d.id = s.developer_id
   WHERE s.status = 'active' AND s.id = ANY (string_to_array($1, ',')::uuid[])
   ORDER BY s.id`;

/**
 * Ids of active slots in their order, behind `after`.
 *
 * @param page.exceptKeyId leaves out the slots whose share is sealed to this storage key, 8 bytes; null leaves out none.
 */
export async function listSealedSlotIds(
  db: Queryable,
  page: { after: string; limit: number; exceptKeyId: Uint8Array | null },
): Promise<string[]> {
  const values = [page.after, page.exceptKeyId, page.limit];
  const { rows } = await db.query<{ id: string }>({ text: IDS_TEXT, values });
  return rows.map(({ id }) => id);
}

/** Those of the slots that are active, in the order of their ids. */
export async function readSealedSlots(db: Queryable, slotIds: readonly string[]): Promise<SealedSlot[]> {
  const { rows } = await db.query<SealedSlot>({ text: SLOTS_TEXT, values: [slotIds.join(",")] });
  return rows;
}
