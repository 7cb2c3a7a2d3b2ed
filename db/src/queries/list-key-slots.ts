import type { Queryable } from "../database.js";

/** A slot as its developer sees it in a list, with its active grants by leaf index. Times in Unix seconds. */
export interface ListedKeySlot {
  id: string;
  provider: string;
  label: string;
  status: "active" | "revoked";
  version: number;
  /** 64 hex digits. */
  vaultCommitment: string;
  createdAt: number;
  appGrants: { appId: string; createdAt: number }[];
}

const TEXT = `
  SELECT s.id, s.provider, s.label, s.status, s.version, encode(s.vault_commitment, 'hex') AS "vaultCommitment",
         s.created_at AS "createdAt",
         (SELECT coalesce(jsonb_agg(jsonb_build_object('appId', g.app_id, 'createdAt', g.created_at)
                                    ORDER BY g.leaf_index), '[]'::jsonb)
            FROM app_grants g
           WHERE g.slot_id = s.id AND g.revoked_at IS NULL) AS "appGrants"
    FROM key_slots s
   WHERE s.developer_id = $1
   ORDER BY s.created_at, s.id`;

/** Lists the slots of a developer, revoked ones too, oldest first. */
export async function listKeySlots(db: Queryable, developerId: string): Promise<ListedKeySlot[]> {
  const { rows } = await db.query<ListedKeySlot>({ text: TEXT, values: [developerId] });
  return rows;
}
