import { postgresSkipReason } from "./databases.js";

/** PostgreSQL where there is one, for tests that are not about the database: it starts in a fraction of the time. */
export async function anyDatabase(): Promise<"postgres" | "pglite"> {
  return (await postgresSkipReason()) === false ? "postgres" : "pglite";
}
