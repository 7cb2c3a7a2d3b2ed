import type { Queryable } from "../database.js";

/** A developer to register. `id` is the key id: base64url SHA-256 of the raw Ed25519 `publicKey` (32 bytes). */
export interface NewDeveloper {
  readonly id: string;
  readonly publicKey: Uint8Array;
  readonly label: string;
}

const TEXT = `
  INSERT INTO developers (id, public_key, label) VALUES ($1, $2::bytea, $3)
  ON CONFLICT (id) DO NOTHING`;

/** Registers a developer. A repeat changes nothing, not even the label. */
export async function insertDeveloper(
  db: Queryable,
  { id, publicKey, label }: NewDeveloper,
): Promise<{ created: boolean }> {
  const { rowCount } = await db.query({
    name: "insert_developer",
    text: TEXT,
    values: [id, publicKey, label],
  });
  return { created: rowCount === 1 };
}
