import type { Queryable } from "../database.js";

const TEXT = "SELECT extract(epoch FROM clock_timestamp())::float8 AS now";

/** The database's clock, in Unix seconds with a fraction. */
export async function databaseTime(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ now: number }>({ name: "database_time", text: TEXT });
  const row = rows[0];
  if (row === undefined) throw new Error("the database told no time");
  return row.now;
}
