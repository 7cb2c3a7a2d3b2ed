import { jsonParameter, type Queryable } from "../database.js";

/** A slot as its developer stores it. Field elements and the digest are 32 bytes, `serverKeyId` 8. */
export interface NewKeySlot {
  readonly id: string;
  readonly developerId: string;
  readonly provider: string;
  readonly baseUrl: string;
  readonly headerName: string;
  readonly headerTemplate: string;
  readonly label: string;
  readonly share1Encrypted: Uint8Array;
  readonly serverKeyId: Uint8Array;
  readonly vaultCommitment: Uint8Array;
  readonly appRoot: Uint8Array;
  readonly restrictions?: unknown;
  /** Digest of the whole request: equal digests mean the same request. */
  readonly storeDigest: Uint8Array;
  /** In the order of their leaves, from index 0; at most 1,024, each app once. */
  readonly grants: readonly NewGrant[];
}

/** An app of a slot that is being stored. */
export interface NewGrant {
  readonly appId: string;
  readonly leaf: Uint8Array;
  readonly restrictions?: unknown;
}

/** `identical`: this very request was stored before, by this developer. `conflict`: the id is taken otherwise. */
export interface StoreResult {
  status: "stored" | "identical" | "conflict";
}

const INSERT_SLOT = `
  INSERT INTO key_slots (id, developer_id, provider, base_url, header_name, header_template, label, share1_encrypted,
                         server_key_id, vault_commitment, app_root, restrictions, store_digest)
  VALUES ($1::uuid, $2, $3, $4, $5, $6, $7, $8::bytea, $9::bytea, $10::bytea, $11::bytea, $12::jsonb, $13::bytea)
  ON CONFLICT (id) DO NOTHING`;

const INSERT_GRANTS = `
  INSERT INTO app_grants (slot_id, leaf_index, app_id, leaf, version, restrictions)
  SELECT $1::uuid, g.place - 1, g.entry ->> 'appId', decode(g.entry ->> 'leaf', 'hex'), g.place,
         nullif(g.entry -> 'restrictions', 'null'::jsonb)
    FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY AS g (entry, place)`;

const IS_REPEAT = `
  SELECT 1 FROM key_slots WHERE id = $1::uuid AND developer_id = $2 AND store_digest = $3::bytea`;

/**
 * Stores a slot with its first grants, at version 1. Two stores of one id wait for each other; one of them stores.
 *
 * @param tx - a transaction
 */
export async function storeKeySlot(tx: Queryable, slot: NewKeySlot): Promise<StoreResult> {
  const { rowCount } = await tx.query({
    text: INSERT_SLOT,
    values: [
      slot.id,
      slot.developerId,
      slot.provider,
      slot.baseUrl,
      slot.headerName,
      slot.headerTemplate,
      slot.label,
      slot.share1Encrypted,
      slot.serverKeyId,
      slot.vaultCommitment,
      slot.appRoot,
      jsonParameter(slot.restrictions),
      slot.storeDigest,
    ],
  });
  if (rowCount === 0) {
    const repeat = await tx.query({ text: IS_REPEAT, values: [slot.id, slot.developerId, slot.storeDigest] });
    return { status: repeat.rowCount === 1 ? "identical" : "conflict" };
  }
  const grants = slot.grants.map(({ appId, leaf, restrictions }) => ({
    appId,
    leaf: Buffer.from(leaf).toString("hex"),
    restrictions,
  }));
  await tx.query({ text: INSERT_GRANTS, values: [slot.id, JSON.stringify(grants)] });
  return { status: "stored" };
}
