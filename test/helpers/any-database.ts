import type { Database } from "@vaultproof/db/database";
import { openPglite } from "@vaultproof/db/pglite";
import { openPostgres } from "@vaultproof/db/postgres";
import type { Test } from "tap";
import { createTestDatabase, postgresSkipReason, prepareDatabase, type OpenOptions } from "./databases.js";

/** PostgreSQL where there is one, for tests that are not about the database: it starts in a fraction of the time. */
export async function anyDatabase(): Promise<"postgres" | "pglite"> {
  return (await postgresSkipReason()) === false ? "postgres" : "pglite";
}

/** Such a database in this process, prepared; it goes with the test. */
export async function openAnyDatabase(t: Test, options?: OpenOptions): Promise<Database> {
  if ((await anyDatabase()) === "pglite") {
    const db = await openPglite({ dataDir: "memory://" });
    t.teardown(() => db.close());
    return await prepareDatabase(db, options);
  }
  const { url, drop } = await createTestDatabase();
  const db = await openPostgres({ url, max: 12 });
  t.teardown(async () => {
    await db.close();
    await drop();
  });
  return await prepareDatabase(db, options);
}
