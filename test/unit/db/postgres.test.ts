import { once, EventEmitter } from "node:events";
import t from "tap";
import { openPostgres } from "@vaultproof/db/postgres";
import { createTestDatabase, postgresSkipReason } from "../../helpers/databases.js";

await t.test("the pool", { skip: await postgresSkipReason() }, async (t) => {
  const { url, drop } = await createTestDatabase();
  t.teardown(drop);

  await t.test("tells of a connection that broke while idle, and goes on with another", async (t) => {
    const events = new EventEmitter();
    const db = await openPostgres({ url, onError: (error) => events.emit("broken", error) });
    t.teardown(() => db.close());
    const backend = "SELECT pg_backend_pid() AS pid";
    const [row] = (await db.query<{ pid: number }>({ text: backend })).rows;
    const admin = await openPostgres({ url, max: 1 });
    t.teardown(() => admin.close());
    const broken = once(events, "broken");
    await admin.query({ text: "SELECT pg_terminate_backend($1)", values: [row?.pid] });
    t.match(await broken, [{ code: "57P01" }]);
    const [next] = (await db.query<{ pid: number }>({ text: backend })).rows;
    t.not(next?.pid, row?.pid);
  });

  await t.test("a connection that breaks in a transaction is not used again", async (t) => {
    const db = await openPostgres({ url, max: 1 });
    t.teardown(() => db.close());
    const attempt = db.transaction((tx) =>
      tx.query({ text: "SELECT pg_terminate_backend(pg_backend_pid())" }),
    );
    await t.rejects(attempt);
    t.same((await db.query({ text: "SELECT 1 AS one" })).rows, [{ one: 1 }]);
  });

  await t.test("whoever waits too long for a connection is told so, by a code", async (t) => {
    const db = await openPostgres({ url, max: 1, connectionTimeout: 50 });
    t.teardown(() => db.close());
    await db.transaction(async () => {
      await t.rejects(db.query({ text: "SELECT 1" }), { name: "DatabaseError", code: "no-connection" });
      await t.rejects(
        db.transaction(() => Promise.resolve()),
        { name: "DatabaseError", code: "no-connection" },
      );
    });
    t.same((await db.query({ text: "SELECT 1 AS one" })).rows, [{ one: 1 }]);
  });

  await t.test("no statement and no silent transaction holds a connection for good", async (t) => {
    const db = await openPostgres({ url, max: 1 });
    t.teardown(() => db.close());
    const { rows } = await db.query<{ name: string; setting: string }>({
      text: `SELECT name, setting FROM pg_settings
              WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout') ORDER BY name`,
    });
    t.same(
      rows.map(({ setting }) => Number(setting) > 0),
      [true, true],
    );
  });

  await t.test("a server that does not answer is an error at once", async (t) => {
    const nobody = new URL(url);
    nobody.port = "1";
    await t.rejects(openPostgres({ url: nobody.href }), { code: "ECONNREFUSED" });
  });
});
