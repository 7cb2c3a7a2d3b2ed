import { randomBytes } from "node:crypto";
import type { Database } from "@vaultproof/db/database";
import { openPostgres } from "@vaultproof/db/postgres";
import { cpuMilliseconds, isRunning } from "../machine/process-cpu.js";

/** A PostgreSQL on which a run may create databases. */
export interface DatabaseServer {
  readonly version: string;
  /** Lends the URL of a new, empty database, which is dropped afterwards. */
  withDatabase<T>(use: (url: string) => Promise<T>): Promise<T>;
  /** Process ids of the connections to a database, where they are processes of this machine. */
  connectionsOf(url: string): Promise<number[]>;
  /** Lets the calls that a database knows be made again. */
  forgetNullifiers(url: string): Promise<void>;
}

/** What was found, or why there is nothing to be used. */
export type DatabaseServerSearch =
  { readonly found: DatabaseServer } | { readonly found: undefined; readonly missing: string };

/** Looks for a PostgreSQL at a URL. */
export async function findDatabaseServer(url: string): Promise<DatabaseServerSearch> {
  const onServer = <T>(use: (db: Database) => Promise<T>): Promise<T> => withConnection(url, use);
  try {
    const version = await onServer(async (db) => {
      const { rows } = await db.query<{ server_version: string }>({ text: "SHOW server_version" });
      return rows[0]?.server_version ?? "unknown";
    });
    return { found: { version, withDatabase, connectionsOf, forgetNullifiers } };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      found: undefined,
      missing: `no PostgreSQL at ${new URL(url).host} (${reason}): set TEST_DATABASE_URL`,
    };
  }

  async function withDatabase<T>(use: (url: string) => Promise<T>): Promise<T> {
    const name = `vaultproof_bench_${randomBytes(8).toString("hex")}`;
    await onServer((db) => db.execute(`CREATE DATABASE ${name}`));
    try {
      const own = new URL(url);
      own.pathname = `/${name}`;
      return await use(own.href);
    } finally {
      await onServer((db) => db.execute(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    }
  }

  async function connectionsOf(own: string): Promise<number[]> {
    const text = "SELECT pid FROM pg_stat_activity WHERE datname = $1";
    const values = [new URL(own).pathname.slice(1)];
    const { rows } = await onServer((db) => db.query<{ pid: number }>({ text, values }));
    return rows.map(({ pid }) => pid).filter((pid) => isRunning(pid, "postgres"));
  }
}

async function forgetNullifiers(url: string): Promise<void> {
  await withConnection(url, (db) => db.execute("TRUNCATE nullifiers"));
}

/** CPU milliseconds that each connection has used so far. */
export function connectionCpu(pids: readonly number[]): ReadonlyMap<number, number> {
  return new Map(pids.map((pid) => [pid, cpuMilliseconds(pid)]));
}

async function withConnection<T>(url: string, use: (db: Database) => Promise<T>): Promise<T> {
  const db = await openPostgres({ url, max: 1 });
  try {
    return await use(db);
  } finally {
    await db.close();
  }
}
