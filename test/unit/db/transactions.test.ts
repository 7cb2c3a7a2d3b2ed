import t from "tap";
import { DatabaseError } from "@vaultproof/db/errors";
import { forEachDatabase } from "../../helpers/databases.js";

await forEachDatabase(t, "values and transactions", async (t, open) => {
  const db = await open({ state: "empty" });
  await db.execute("CREATE TABLE note (id int PRIMARY KEY, bytes bytea); INSERT INTO note VALUES (0, NULL);");
  const count = async () => (await db.query({ text: "SELECT 1 FROM note" })).rowCount;

  await t.test("values come back as they went in", async (t) => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const { rows } = await db.query<Record<string, unknown> & { bytes: Uint8Array }>({
      text: `SELECT $1::bytea AS bytes, ''::bytea AS empty, $2::bigint AS big, $3::jsonb AS object, $4::jsonb AS array,
                    $5::jsonb AS missing, 1.5::float8 AS float, true AS yes`,
      values: [bytes, Number.MAX_SAFE_INTEGER, '{"a":[1,"ü"]}', "[1]", null],
    });
    const [row] = rows;
    t.ok(row?.bytes instanceof Uint8Array);
    t.same(Buffer.from(row?.bytes ?? []), Buffer.from(bytes));
    t.match(row, { big: Number.MAX_SAFE_INTEGER, object: { a: [1, "ü"] }, array: [1], missing: null });
    t.match(row, { float: 1.5, yes: true });
    await t.rejects(db.query({ text: "SELECT 9007199254740993::bigint" }), RangeError, "never rounded");
  });

  await t.test("rowCount counts what was returned or changed", async (t) => {
    const insert = "INSERT INTO note (id) VALUES (1) ON CONFLICT DO NOTHING";
    t.equal((await db.query({ text: insert })).rowCount, 1);
    t.equal((await db.query({ text: insert })).rowCount, 0);
    t.equal((await db.query({ text: "UPDATE note SET bytes = NULL" })).rowCount, 2);
    t.equal((await db.query({ text: "SELECT * FROM note" })).rowCount, 2);
  });

  await t.test("a transaction commits, at READ COMMITTED, and gives its result", async (t) => {
    const isolation = await db.transaction(async (tx) => {
      await tx.query({ text: "INSERT INTO note (id) VALUES (2)" });
      return (await tx.query({ text: "SELECT current_setting('transaction_isolation') AS level" })).rows;
    });
    t.same(isolation, [{ level: "read committed" }]);
    t.equal(await count(), 3);
  });

  await t.test("a throw rolls back and passes through", async (t) => {
    const cause = new Error("thought better of it");
    const attempt = db.transaction(async (tx) => {
      await tx.query({ text: "INSERT INTO note (id) VALUES (3)" });
      throw cause;
    });
    await t.rejects(attempt, cause);
    t.equal(await count(), 3);
  });

  await t.test("a swallowed failure is not taken for a commit", async (t) => {
    const attempt = db.transaction(async (tx) => {
      await tx.query({ text: "INSERT INTO note (id) VALUES (4)" });
      await tx.query({ text: "SELECT 1 / 0" }).catch(() => undefined);
    });
    await t.rejects(attempt, new DatabaseError("transaction-rolled-back"));
    t.equal(await count(), 3);
  });

  await t.test("connections are given back, whatever happened", async (t) => {
    for (let i = 0; i < 30; i++) {
      await t.rejects(db.transaction((tx) => tx.query({ text: "SELECT 1 / 0" })));
    }
    t.equal(await count(), 3);
  });

  await t.test("an error does not carry the parameters", async (t) => {
    const canary = Buffer.from("canary-0123456789");
    const error: unknown = await db
      .query({ text: "SELECT $1::bytea, 1 / $2::int", values: [canary, 0] })
      .catch((error: unknown) => error);
    t.match(error, { message: /division by zero/ });
    t.notOk(JSON.stringify(error).includes("params"));
  });
});
