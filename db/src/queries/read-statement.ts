import type { Queryable } from "../database.js";

/** What a call names. `nullifier` is 32 bytes, `expiresAt` in Unix seconds. */
export interface StatementRequest {
  readonly slotId: string;
  readonly appId: string;
  readonly nullifier: Uint8Array;
  readonly expiresAt: number;
}

/** The slot of a call, active or not, with its owner. */
export interface StatementSlot {
  id: string;
  developerId: string;
  developerPublicKey: Uint8Array;
  developerStatus: "active" | "disabled";
  version: number;
  status: "active" | "revoked";
  provider: string;
  baseUrl: string;
  headerName: string;
  headerTemplate: string;
  vaultCommitment: Uint8Array;
  appRoot: Uint8Array;
  restrictions: unknown;
}

/** The active grant of the call's app. */
export interface StatementGrant {
  appId: string;
  leafIndex: number;
  version: number;
  restrictions: unknown;
}

/** All that the checks before the proof need, of one moment. */
export interface CallStatement {
  /** null: no such slot. */
  slot: StatementSlot | null;
  /** null: the app has no active grant there. */
  grant: StatementGrant | null;
  /** Whether this nullifier was used already. */
  burnt: boolean;
  /** The database's clock, Unix seconds with a fraction. */
  now: number;
  /** Expiries below it are not accepted. */
  watermark: number;
}

interface Row extends StatementSlot {
  slotId: string | null;
  appId: string | null;
  leafIndex: number;
  grantVersion: number;
  grantRestrictions: unknown;
  burnt: boolean;
  now: number;
  watermark: number;
}

const TEXT = `
  SELECT s.id AS "slotId", s.developer_id AS "developerId", d.public_key AS "developerPublicKey",
         d.status AS "developerStatus", s.version, s.status, s.provider, s.base_url AS "baseUrl",
         s.header_name AS "headerName", s.header_template AS "headerTemplate",
         s.vault_commitment AS "vaultCommitment", s.app_root AS "appRoot", s.restrictions,
         g.app_id AS "appId", g.leaf_index AS "leafIndex", g.version AS "grantVersion",
         g.restrictions AS "grantRestrictions",
         EXISTS (SELECT 1 FROM nullifiers n
                  WHERE n.slot_id = $1::uuid AND n.nullifier = $3::bytea AND n.expires_at = $4::bigint) AS burnt,
         extract(epoch FROM clock_timestamp())::float8 AS now,
         w.below AS watermark
    FROM watermark w
    LEFT JOIN key_slots s ON s.id = $1::uuid
    LEFT JOIN developers d ON d.id = s.developer_id
    LEFT JOIN app_grants g ON g.slot_id = s.id AND g.app_id = $2 AND g.revoked_at IS NULL`;

/** Reads in one statement, by primary keys, what a call is to be checked against. */
export async function readStatement(
  db: Queryable,
  { slotId, appId, nullifier, expiresAt }: StatementRequest,
): Promise<CallStatement> {
  const { rows } = await db.query<Row>({
    name: "read_statement",
    text: TEXT,
    values: [slotId, appId, nullifier, expiresAt],
  });
  const row = rows[0];
  if (row === undefined) throw new Error("the watermark is missing");
  const { burnt, now, watermark } = row;
  return { slot: slotOf(row), grant: grantOf(row), burnt, now, watermark };
}

function slotOf(row: Row): StatementSlot | null {
  if (row.slotId === null) return null;
  return {
    id: row.slotId,
    developerId: row.developerId,
    developerPublicKey: row.developerPublicKey,
    developerStatus: row.developerStatus,
    version: row.version,
    status: row.status,
    provider: row.provider,
    baseUrl: row.baseUrl,
    headerName: row.headerName,
    headerTemplate: row.headerTemplate,
    vaultCommitment: row.vaultCommitment,
    appRoot: row.appRoot,
    restrictions: row.restrictions,
  };
}

function grantOf(row: Row): StatementGrant | null {
  if (row.appId === null) return null;
  return {
    appId: row.appId,
    leafIndex: row.leafIndex,
    version: row.grantVersion,
    restrictions: row.grantRestrictions,
  };
}
