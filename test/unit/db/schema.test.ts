import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import t from "tap";
import type { Database } from "@vaultproof/db/database";
import { migrate } from "@vaultproof/db/migrate";
import { forEachDatabase } from "../../helpers/databases.js";

// Every line describes one object of the schema, whichever statements made it.
const DESCRIBE = `
  SELECT concat_ws(' ', 'table', c.relname, c.relkind, c.relpersistence, c.reloptions::text,
                   pg_get_partkeydef(c.oid)) AS line
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
  UNION ALL
  SELECT concat_ws(' ', 'column', c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
                   a.attnotnull, pg_get_expr(d.adbin, d.adrelid))
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0
  UNION ALL
  SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  UNION ALL
  SELECT concat_ws(' ', 'index', pg_get_indexdef(i.indexrelid))
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = 'public'::regnamespace
  UNION ALL
  SELECT concat_ws(' ', 'trigger', pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL
  SELECT concat_ws(' ', 'function', pg_get_functiondef(oid)) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  UNION ALL
  SELECT concat_ws(' ', 'watermark', below) FROM watermark
  ORDER BY 1`;

async function describe(db: Database): Promise<string[]> {
  const { rows } = await db.query<{ line: string }>({ text: DESCRIBE });
  return rows.map(({ line }) => line);
}

await forEachDatabase(t, "schema.sql is what the migrations make", async (t, open) => {
  const db = await open({ state: "empty" });
  await migrate(db);
  const migrated = await describe(db);
  t.ok(
    migrated.some((line) => line.startsWith("table transport_keys r u")),
    "the transport keys are unlogged",
  );

  await db.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  const schema = fileURLToPath(import.meta.resolve("@vaultproof/db/schema.sql"));
  await db.execute(await readFile(schema, "utf8"));
  t.same(await describe(db), migrated);
});
