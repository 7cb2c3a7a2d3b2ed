import { execFile } from "node:child_process";
import type { Database } from "@vaultproof/db/database";

/** Every row of every table as text, `bytea` in hex; the catalogue's tables too, which keep samples of columns. */
export async function dumpTables(db: Database): Promise<Map<string, Buffer>> {
  const { rows: tables } = await db.query<{ name: string }>({
    text: `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'm') AND n.nspname <> 'pg_toast' ORDER BY 1`,
  });
  const dump = new Map<string, Buffer>();
  for (const { name } of tables) {
    const { rows } = await db.query<{ row: string }>({ text: `SELECT t::text AS row FROM ${name} t` });
    dump.set(`table ${name}`, Buffer.from(rows.map(({ row }) => row).join("\n")));
  }
  return dump;
}

/** What `pg_dump` makes of a database; undefined where the program is missing. */
export async function pgDump(url: string): Promise<Buffer | undefined> {
  return await new Promise((resolve, reject) => {
    const options = { encoding: "buffer", maxBuffer: 256 * 1024 * 1024 } as const;
    execFile("pg_dump", ["--dbname", url], options, (error, output) => {
      if (error === null) resolve(output);
      else if (error.code === "ENOENT") resolve(undefined);
      else reject(new Error(`pg_dump failed: ${error.message}`));
    });
  });
}
