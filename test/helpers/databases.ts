import { randomBytes } from "node:crypto";
import type { Database } from "@vaultproof/db/database";
import { ensurePartitions } from "@vaultproof/db/maintenance";
import { migrate } from "@vaultproof/db/migrate";
import { openPglite } from "@vaultproof/db/pglite";
import { openPostgres } from "@vaultproof/db/postgres";
import type { Test } from "tap";

const SERVER_URL = process.env.TEST_DATABASE_URL ?? "postgres://postgres@127.0.0.1:5432/test";

/** A PostgreSQL database of a test's own. */
export interface TestDatabase {
  url: string;
  drop: () => Promise<void>;
}

/** How far a database is prepared: `ready` (the default), migrated without partitions, or empty. */
export interface OpenOptions {
  readonly state?: "ready" | "migrated" | "empty";
}

/** Creates an empty database on the test server. `drop` ends whatever connections are left. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `vaultproof_${randomBytes(8).toString("hex")}`;
  await onServer(`CREATE DATABASE ${name}`);
  const url = new URL(SERVER_URL);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

/**
 * Why tests on PostgreSQL are left out, or false. They are left out only where nobody asked for them: in CI, or
 * with TEST_DATABASE_URL set, a server that does not answer is a failure.
 */
export async function postgresSkipReason(): Promise<string | false> {
  if (process.env.CI !== undefined || process.env.TEST_DATABASE_URL !== undefined) return false;
  try {
    await onServer("SELECT 1");
    return false;
  } catch {
    return `no PostgreSQL at ${new URL(SERVER_URL).host}; set TEST_DATABASE_URL`;
  }
}

/** What runs on a database; each `open` gives a pool of its own on it, on PGlite always the same. */
export type DatabaseTest = (t: Test, open: (options?: OpenOptions) => Promise<Database>) => Promise<void>;

/**
 * Runs a test body once against PGlite and once against PostgreSQL, each on a database of its own. Each `open` gives
 * a pool of its own on that database, as another replica would have; on PGlite, which has one process, always the
 * same. All are closed at the end.
 */
export async function forEachDatabase(t: Test, name: string, body: DatabaseTest): Promise<void> {
  await t.test(`${name} on pglite`, (t) => onPglite(t, body));
  await t.test(`${name} on postgres`, { skip: await postgresSkipReason() }, (t) => onPostgres(t, body));
}

/** Runs it once, for what is built upon the database: on PostgreSQL where there is one, which starts sooner. */
export async function onAnyDatabase(t: Test, name: string, body: DatabaseTest): Promise<void> {
  const on = (await postgresSkipReason()) === false ? onPostgres : onPglite;
  await t.test(name, (t) => on(t, body));
}

async function onPglite(t: Test, body: DatabaseTest): Promise<void> {
  const db = await openPglite({ dataDir: "memory://" });
  t.teardown(() => db.close());
  await body(t, (options) => prepareDatabase(db, options));
}

async function onPostgres(t: Test, body: DatabaseTest): Promise<void> {
  const { url, drop } = await createTestDatabase();
  const opened: Database[] = [];
  t.teardown(async () => {
    await Promise.all(opened.map((db) => db.close()));
    await drop();
  });
  await body(t, async (options) => {
    const db = await openPostgres({ url, max: 12 });
    opened.push(db);
    return await prepareDatabase(db, options);
  });
}

/** Brings an empty database to the state that a test asks for. */
export async function prepareDatabase(
  db: Database,
  { state = "ready" }: OpenOptions = {},
): Promise<Database> {
  if (state !== "empty") await migrate(db);
  if (state === "ready") await ensurePartitions(db);
  return db;
}

async function onServer(statement: string): Promise<void> {
  const db = await openPostgres({ url: SERVER_URL, max: 1 });
  try {
    await db.execute(statement);
  } finally {
    await db.close();
  }
}
