import type { Database } from "@vaultproof/db/database";
import { ensurePartitions } from "@vaultproof/db/maintenance";
import { migrate } from "@vaultproof/db/migrate";
import { openPglite } from "@vaultproof/db/pglite";

/** A database whose clock says what the test tells it to. */
export interface StoppedClockDatabase {
  readonly db: Database;
  /** @param now Unix seconds. */
  readonly setTime: (now: number) => Promise<void>;
}

/**
 * Opens PGlite, ready, at a time. `clock_timestamp()` is replaced by one that is found before PostgreSQL's own, so that
 * every query and function of the schema runs as it is.
 */
export async function openAtTime(now: number): Promise<StoppedClockDatabase> {
  const db = await openPglite({ dataDir: "memory://" });
  const setTime = async (seconds: number): Promise<void> =>
    await db.execute(`SET vaultproof_test.now = '${seconds}'`);
  await setTime(now);
  await db.execute(`
    CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    RETURN to_timestamp(current_setting('vaultproof_test.now')::float8);
    SET search_path = public, pg_catalog;
  `);
  await migrate(db);
  await ensurePartitions(db);
  return { db, setTime };
}
