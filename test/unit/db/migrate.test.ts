import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import t from "tap";
import { DatabaseError } from "@vaultproof/db/errors";
import { migrate } from "@vaultproof/db/migrate";
import { forEachDatabase } from "../../helpers/databases.js";

async function migrationsFolder(
  files: Record<string, string>,
): Promise<{ folder: URL; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "vaultproof-migrations-"));
  for (const [name, script] of Object.entries(files)) await writeFile(join(path, name), script);
  return { folder: pathToFileURL(`${path}/`), remove: () => rm(path, { recursive: true }) };
}

await forEachDatabase(
  t,
  "migrations run once, in order, also when replicas start together",
  async (t, open) => {
    const replicas = await Promise.all([
      open({ state: "empty" }),
      open({ state: "empty" }),
      open({ state: "empty" }),
    ]);
    const results = await Promise.all(replicas.map((db) => migrate(db)));
    const applied = results.flatMap((result) => result.applied);
    t.same(
      applied,
      (await readdir(new URL("./migrations/", import.meta.resolve("@vaultproof/db/schema.sql")))).sort(),
    );
    t.match(applied[0], /^0001_/);
    t.equal(results.filter((result) => result.applied.length > 0).length, 1, "one of them ran them all");
    const [db] = replicas;
    t.same(await migrate(db), { applied: [] });
  },
);

await forEachDatabase(t, "migrations are checked", async (t, open) => {
  const db = await open({ state: "empty" });
  const first = { "0001_first.sql": "CREATE TABLE one (id int);" };
  const { folder, remove } = await migrationsFolder({
    ...first,
    "0002_second.sql": "INSERT INTO one VALUES (1); INSERT INTO one VALUES (2);",
  });
  t.teardown(remove);
  t.same(await migrate(db, folder), { applied: ["0001_first.sql", "0002_second.sql"] });

  await t.test("a failing one leaves nothing of itself and of those before it", async (t) => {
    await writeFile(new URL("0003_third.sql", folder), "CREATE TABLE three (id int);");
    await writeFile(new URL("0004_fourth.sql", folder), "CREATE TABLE four (id int); SELECT 1 / 0;");
    await t.rejects(migrate(db, folder), /division by zero/);
    const { rows } = await db.query({
      text: "SELECT to_regclass('three') AS three, to_regclass('four') AS four",
    });
    t.same(rows, [{ three: null, four: null }]);
    await writeFile(new URL("0004_fourth.sql", folder), "CREATE TABLE four (id int);");
    t.same(await migrate(db, folder), { applied: ["0003_third.sql", "0004_fourth.sql"] });
  });

  await t.test("a changed one is an error that names it", async (t) => {
    await writeFile(new URL("0001_first.sql", folder), "CREATE TABLE one (id bigint);");
    await t.rejects(migrate(db, folder), new DatabaseError("migration-changed", "0001_first.sql"));
  });

  await t.test("one that this version does not know is an error that names it", async (t) => {
    const older = await migrationsFolder(first);
    t.teardown(older.remove);
    await t.rejects(migrate(db, older.folder), new DatabaseError("migration-unknown", "0002_second.sql"));
  });
});
