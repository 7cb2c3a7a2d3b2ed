import type { Queryable } from "../database.js";

/** A registered developer. */
export interface Developer {
  id: string;
  publicKey: Uint8Array;
  label: string;
  status: "active" | "disabled";
}

const TEXT = `SELECT id, public_key AS "publicKey", label, status FROM developers WHERE id = $1`;

/** Finds a developer by key id. */
export async function findDeveloper(db: Queryable, id: string): Promise<Developer | null> {
  const { rows } = await db.query<Developer>({ name: "find_developer", text: TEXT, values: [id] });
  return rows[0] ?? null;
}
