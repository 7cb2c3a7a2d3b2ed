import { jsonParameter, type Queryable } from "../database.js";

/** An app to grant on a slot. */
export interface GrantRequest {
  readonly slotId: string;
  readonly appId: string;
  readonly leaf: Uint8Array;
  readonly restrictions?: unknown;
}

/** Where the grant is. `full`: all 1,024 leaves of the slot are taken. */
export type GrantResult = { outcome: "granted"; index: number; version: number } | { outcome: "full" };

// The version is the highest of the slot plus one: rows are never deleted, so no version of a slot is given twice,
// and what was checked against an earlier grant of this app, at whatever index, does not match this one.
const NEXT_VERSION = "(SELECT coalesce(max(version), 0) + 1 FROM app_grants WHERE slot_id = $1::uuid)";

const REPLACE = `
  UPDATE app_grants SET leaf = $3::bytea, restrictions = $4::jsonb, version = ${NEXT_VERSION}
   WHERE slot_id = $1::uuid AND app_id = $2 AND revoked_at IS NULL
  RETURNING leaf_index AS "index", version`;

const PLACE = `
  INSERT INTO app_grants (slot_id, leaf_index, app_id, leaf, restrictions, version)
  SELECT $1::uuid, free.place, $2, $3::bytea, $4::jsonb, ${NEXT_VERSION}
    FROM generate_series(0, 1023) AS free (place)
   WHERE NOT EXISTS (SELECT 1 FROM app_grants taken
                      WHERE taken.slot_id = $1::uuid AND taken.leaf_index = free.place AND taken.revoked_at IS NULL)
   ORDER BY free.place LIMIT 1
  ON CONFLICT (slot_id, leaf_index) DO UPDATE
     SET app_id = excluded.app_id, leaf = excluded.leaf, restrictions = excluded.restrictions,
         version = excluded.version, created_at = excluded.created_at, revoked_at = NULL
  RETURNING leaf_index AS "index", version`;

/**
 * Grants an app: replaces its leaf and restrictions if it is active, else takes the lowest free index. Call it after
 * `lockSlot`, in the same transaction.
 */
export async function putGrant(
  tx: Queryable,
  { slotId, appId, leaf, restrictions }: GrantRequest,
): Promise<GrantResult> {
  const values = [slotId, appId, leaf, jsonParameter(restrictions)];
  for (const text of [REPLACE, PLACE]) {
    const { rows } = await tx.query<{ index: number; version: number }>({ text, values });
    if (rows[0] !== undefined) return { outcome: "granted", ...rows[0] };
  }
  return { outcome: "full" };
}
