import type { Queryable } from "../database.js";

/** An app that may use a slot. */
export interface ListedGrant {
  appId: string;
  version: number;
  restrictions: Record<string, unknown> | null;
  createdAt: number;
}

/** A slot as its developer sees it in a list, with its active grants by leaf index. Times in Unix seconds. */
export interface ListedKeySlot {
  id: string;
  provider: string;
  baseUrl: string;
  label: string;
  status: "active" | "revoked";
  version: number;
  /** 64 hex digits. */
  vaultCommitment: string;
  restrictions: Record<string, unknown> | null;
  createdAt: number;
  rotatedAt: number | null;
  revokedAt: number | null;
  appGrants: ListedGrant[];
}

/** Which part of the list is wanted. */
export interface ListPage {
  /** A slot of this developer, after which the page begins. */
  readonly after: string | null;
  /** Slots at most. */
  readonly limit: number;
}

/** Grants of one page at most, but for a first slot that has more: what a developer may ask for is bounded. */
const MAX_GRANTS = 2048;

const TEXT = `
  WITH candidates AS (
    SELECT s.*, (SELECT count(*) FROM app_grants g WHERE g.slot_id = s.id AND g.revoked_at IS NULL) AS grants
      FROM key_slots s
     WHERE s.developer_id = $1
       AND ($2::uuid IS NULL
            OR (s.created_at, s.id) > (SELECT a.created_at, a.id FROM key_slots a
                                        WHERE a.id = $2::uuid AND a.developer_id = $1))
     ORDER BY s.created_at, s.id
     LIMIT $3::integer + 1
  ), placed AS (
    SELECT c.*, row_number() OVER list AS place, sum(c.grants) OVER list AS grants_so_far
      FROM candidates c WINDOW list AS (ORDER BY c.created_at, c.id)
  )
  SELECT jsonb_build_object(
           'id', s.id, 'provider', s.provider, 'baseUrl', s.base_url, 'label', s.label, 'status', s.status,
           'version', s.version, 'vaultCommitment', encode(s.vault_commitment, 'hex'),
           'restrictions', s.restrictions, 'createdAt', s.created_at,
           'rotatedAt', s.rotated_at, 'revokedAt', s.revoked_at,
           'appGrants', (SELECT coalesce(jsonb_agg(jsonb_build_object('appId', g.app_id, 'version', g.version,
                                                                      'restrictions', g.restrictions,
                                                                      'createdAt', g.created_at)
                                                   ORDER BY g.leaf_index), '[]'::jsonb)
                           FROM app_grants g
                          WHERE g.slot_id = s.id AND g.revoked_at IS NULL)) AS slot,
         (SELECT count(*) FROM candidates) AS candidates
    FROM placed s
   WHERE s.place <= $3::integer AND (s.place = 1 OR s.grants_so_far <= ${MAX_GRANTS})
   ORDER BY s.created_at, s.id`;

/**
 * Lists slots of a developer, revoked ones too, oldest first.
 *
 * @returns a page of them, and the slot after which the next one begins; null after the last.
 */
export async function listKeySlots(
  db: Queryable,
  { developerId, after, limit }: ListPage & { readonly developerId: string },
): Promise<{ keySlots: ListedKeySlot[]; next: string | null }> {
  const values = [developerId, after, limit];
  const { rows } = await db.query<{ slot: ListedKeySlot; candidates: number }>({ text: TEXT, values });
  const keySlots = rows.map(({ slot }) => slot);
  const isWhole = keySlots.length === (rows[0]?.candidates ?? 0);
  return { keySlots, next: isWhole ? null : (keySlots.at(-1)?.id ?? null) };
}
