import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import type { Database } from "@vaultproof/db/database";
import { migrate } from "@vaultproof/db/migrate";
import { openPglite } from "@vaultproof/db/pglite";
import { databaseTime } from "@vaultproof/db/queries/database-time";
import { deleteExpiredTransportKeys } from "@vaultproof/db/queries/delete-expired-transport-keys";
import { insertTransportKey } from "@vaultproof/db/queries/insert-transport-key";
import { listTransportKeys } from "@vaultproof/db/queries/list-transport-keys";
import { lockTransportKeys } from "@vaultproof/db/queries/lock-transport-keys";
import { forEachDatabase } from "../../helpers/databases.js";

const GRACE = 24 * 3600;

async function storedTransportKey(db: Database, secondsLeft: number) {
  const notAfter = Math.floor(await databaseTime(db)) + secondsLeft;
  const key = { id: randomBytes(8), wrappedPrivateKey: randomBytes(60), notAfter };
  await insertTransportKey(db, key);
  return key;
}

await forEachDatabase(t, "transport keys", async (t, open) => {
  const db = await open();
  const listed = async () =>
    (await listTransportKeys(db)).map(({ id, wrappedPrivateKey, notAfter }) => ({
      id: Buffer.from(id),
      wrappedPrivateKey: Buffer.from(wrappedPrivateKey),
      notAfter,
    }));
  const gone = await storedTransportKey(db, -GRACE - 10);
  const old = await storedTransportKey(db, -GRACE + 600);
  const fresh = await storedTransportKey(db, 3600);
  t.same(await listed(), [fresh, old, gone]);
  t.same(await deleteExpiredTransportKeys(db, { graceSeconds: GRACE }), { deleted: 1 });
  t.same(await deleteExpiredTransportKeys(db, { graceSeconds: GRACE }), { deleted: 0 });
  t.same(await listed(), [fresh, old]);

  await t.test("one replica makes a new one, the others find it", async (t) => {
    await db.execute("DELETE FROM transport_keys");
    const replicas = [db, await open(), await open()];
    const made = await Promise.all(
      replicas.map((replica) =>
        replica.transaction(async (tx) => {
          await lockTransportKeys(tx);
          if ((await listTransportKeys(tx)).length > 0) return false;
          await insertTransportKey(tx, {
            id: randomBytes(8),
            wrappedPrivateKey: randomBytes(60),
            notAfter: 1,
          });
          return true;
        }),
      ),
    );
    t.equal(made.filter(Boolean).length, 1);
    t.equal((await listed()).length, 1);
  });
});

await t.test("a deleted transport key is in no file", async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), "vaultproof-transport-"));
  t.teardown(() => rm(dataDir, { recursive: true }));
  const onDisk = async (bytes: Buffer) => {
    const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      if (!entry.isFile()) continue;
      if ((await readFile(join(entry.parentPath, entry.name))).includes(bytes)) return true;
    }
    return false;
  };
  // An unlogged table reaches the disk when the database is closed.
  const once = async <T>(run: (db: Database) => Promise<T>) => {
    const db = await openPglite({ dataDir });
    try {
      return await run(db);
    } finally {
      await db.close();
    }
  };
  const { gone, fresh } = await once(async (db) => {
    await migrate(db);
    // In this order: a page is packed towards the rows that came first, over what was deleted there.
    return { fresh: await storedTransportKey(db, 3600), gone: await storedTransportKey(db, -GRACE - 10) };
  });
  t.ok(await onDisk(gone.wrappedPrivateKey), "it was there");
  await once((db) => deleteExpiredTransportKeys(db, { graceSeconds: GRACE }));
  t.notOk(await onDisk(gone.wrappedPrivateKey));
  t.ok(await onDisk(fresh.wrappedPrivateKey), "the other one still is");
});
