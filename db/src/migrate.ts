import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import type { Database, Queryable } from "./database.js";
import { DatabaseError } from "./errors.js";
import { lockForMaintenance } from "./maintenance-lock.js";

const MIGRATIONS = new URL("../migrations/", import.meta.url);

interface Migration {
  readonly name: string;
  readonly script: string;
  readonly sha256: Uint8Array;
}

/**
 * Brings the schema up to date: runs each migration not yet recorded, in order, all in one transaction under an
 * advisory lock, so that replicas that start together wait for each other and a failure leaves nothing half done.
 *
 * @param folder - where the migrations are, if not this package's own
 * @returns the names of the migrations run now
 * @throws DatabaseError `migration-changed` or `migration-unknown`, naming the file.
 */
export async function migrate(db: Database, folder: URL = MIGRATIONS): Promise<{ applied: string[] }> {
  const migrations = await readMigrations(folder);
  return await db.transaction(async (tx) => {
    // A migration may take as long as it takes, and so may another replica's.
    await tx.execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0");
    await lockForMaintenance(tx);
    await tx.execute(
      "CREATE TABLE IF NOT EXISTS schema_migrations " +
        "(name text PRIMARY KEY, sha256 bytea NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())",
    );
    const pending = await findPending(tx, migrations);
    for (const { name, script, sha256 } of pending) {
      await tx.execute(script);
      await tx.query({
        text: "INSERT INTO schema_migrations (name, sha256) VALUES ($1, $2)",
        values: [name, sha256],
      });
    }
    return { applied: pending.map(({ name }) => name) };
  });
}

async function readMigrations(folder: URL): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  return await Promise.all(
    names.map(async (name) => {
      const script = await readFile(new URL(name, folder), "utf8");
      return { name, script, sha256: createHash("sha256").update(script).digest() };
    }),
  );
}

async function findPending(tx: Queryable, migrations: readonly Migration[]): Promise<Migration[]> {
  const { rows } = await tx.query<{ name: string; sha256: Uint8Array }>({
    text: "SELECT name, sha256 FROM schema_migrations ORDER BY name",
  });
  const known = new Map(migrations.map((migration) => [migration.name, migration]));
  for (const { name, sha256 } of rows) {
    const migration = known.get(name);
    if (migration === undefined) throw new DatabaseError("migration-unknown", name);
    if (Buffer.compare(migration.sha256, sha256) !== 0) throw new DatabaseError("migration-changed", name);
    known.delete(name);
  }
  return [...known.values()];
}
