import { randomBytes } from "node:crypto";
import t from "tap";
import type { Database } from "@vaultproof/db/database";
import { listTransportKeys } from "@vaultproof/db/queries/list-transport-keys";
import { seal } from "@vaultproof/protocol/seal";
import { parseSealedMessage, sealingKeyId, share2Context } from "@vaultproof/protocol/sealed-message";
import { generateHpkeKeyPair, openSealed } from "@vaultproof/server/keys/hpke-open";
import { createTransportKeys, type TransportKeys } from "@vaultproof/server/keys/transport-keys";
import { forEachDatabase } from "../../helpers/databases.js";

const HOUR = 3600;
const DAY = 24 * HOUR;
const secret = randomBytes(32);
const context = share2Context({ slotId: "a", appId: "b", expiresAt: 1 });

const replica = (
  db: Database,
  now: () => number,
  secrets: readonly Uint8Array[] = [secret],
): Promise<TransportKeys> => createTransportKeys({ db, secrets, clock: now, lookupSpacingMs: 5 });

await forEachDatabase(t, "transport keys", async (t, open) => {
  const db = await open();
  // Less than two days in the past, so that the database, which deletes by its own clock, keeps out of this.
  const start = Math.floor(Date.now() / 1000) - 47 * HOUR;
  let now = start;
  const keys = await replica(db, () => now);
  const newest = (of: TransportKeys = keys) => {
    const [first] = of.published();
    if (first === undefined) throw new Error("no key is published");
    return first;
  };
  const recorded = await seal(newest().publicKey, context, Buffer.from("share 2"));
  const first = newest();

  await t.test("open what was sealed to what is published", async (t) => {
    const message = parseSealedMessage(recorded);
    const key = await keys.find(message.keyId);
    t.equal(key && Buffer.from(openSealed(key, message, context)).toString(), "share 2");
    t.equal(first.notAfter, start + DAY);
  });

  await t.test("are the same on every replica", async (t) => {
    const other = await replica(db, () => now);
    t.same(other.published(), keys.published());
    t.equal((await listTransportKeys(db)).length, 1);
  });

  await t.test("are made one a day, with time to spare", async (t) => {
    now = start + 21 * HOUR;
    await keys.refresh();
    t.same(newest(), first, "not yet");
    now = start + 23 * HOUR;
    const other = await replica(db, () => now);
    await Promise.all([keys.refresh(), other.refresh()]);
    t.equal(newest().notAfter, now + DAY);
    t.same(other.published(), keys.published(), "two that refresh at once make one key");
    t.same(keys.published()[1], first, "the old one may still be sealed to");
  });

  await t.test("of another replica are found although they are not known yet", async (t) => {
    const late = await replica(db, () => now);
    now = start + 46 * HOUR;
    await keys.refresh();
    t.not(late.published()[0]?.notAfter, newest().notAfter);
    const found = await late.find(sealingKeyId(newest().publicKey));
    t.same(found?.publicKey, newest().publicKey);
  });

  await t.test("stop being published at their last date, and open for a day more", async (t) => {
    now = first.notAfter + 1;
    t.notOk(keys.published().some(({ publicKey }) => Buffer.compare(publicKey, first.publicKey) === 0));
    const { keyId } = parseSealedMessage(recorded);
    now = first.notAfter + DAY;
    t.ok(await keys.find(keyId));
    now = first.notAfter + DAY + 1;
    t.equal(await keys.find(keyId), undefined);
  });

  await t.test("are deleted then: a recorded call is opened by nobody", async (t) => {
    const realNow = Math.floor(Date.now() / 1000);
    const past = realNow - 2 * DAY - HOUR;
    const ids = async () => (await listTransportKeys(db)).map(({ id }) => Buffer.from(id).toString("hex"));
    await db.execute("TRUNCATE transport_keys");
    const before = await replica(db, () => past);
    const old = sealingKeyId(newest(before).publicKey);
    t.same(await ids(), [Buffer.from(old).toString("hex")], "it is there");
    await replica(db, () => realNow);
    t.notOk((await ids()).includes(Buffer.from(old).toString("hex")));
    const again = await replica(db, () => past);
    t.equal(await again.find(old), undefined, "whatever time a replica takes it to be");
  });

  await t.test("are made anew where a crash emptied the table", async (t) => {
    await db.execute("TRUNCATE transport_keys");
    const restarted = await replica(db, () => now);
    t.equal(restarted.published().length, 1);
  });

  await t.test("of unknown ids cost few look-ups", async (t) => {
    let reads = 0;
    const counting: Database = {
      ...db,
      query: (statement) => {
        if (statement.name === "list_transport_keys") reads++;
        return db.query(statement);
      },
    };
    const own = await createTransportKeys({
      db: counting,
      secrets: [secret],
      clock: () => now,
      lookupSpacingMs: 50,
    });
    reads = 0;
    await Promise.all(Array.from({ length: 500 }, async () => await own.find(randomBytes(8))));
    t.ok(reads <= 2, `${reads} reads for 500 unknown ids at once`);
  });
});

await forEachDatabase(t, "a database writer", async (t, open) => {
  const db = await open();
  const now = Math.floor(Date.now() / 1000);
  const keys = await replica(db, () => now);
  const [original] = await listTransportKeys(db);
  const unreadable: string[] = [];
  const reopened = (secrets: readonly Uint8Array[] = [secret]) =>
    createTransportKeys({ db, secrets, clock: () => now, onUnreadable: (id) => unreadable.push(id) });
  const published = keys.published().map(({ publicKey }) => Buffer.from(publicKey).toString("hex"));

  await t.test("cannot have clients seal to a key of theirs", async (t) => {
    const theirs = generateHpkeKeyPair();
    await db.query({ text: "UPDATE transport_keys SET id = $1::bytea", values: [theirs.id] });
    const [made] = (await reopened()).published();
    t.notSame(made?.publicKey, theirs.publicKey);
    t.same(unreadable, [Buffer.from(theirs.id).toString("hex")]);
    await db.query({ text: "DELETE FROM transport_keys WHERE id <> $1::bytea", values: [theirs.id] });
    await db.query({ text: "UPDATE transport_keys SET id = $1::bytea", values: [original?.id] });
  });

  await t.test("cannot prolong a key's life", async (t) => {
    await db.execute("UPDATE transport_keys SET not_after = not_after + 1");
    const fresh = (await reopened())
      .published()
      .map(({ publicKey }) => Buffer.from(publicKey).toString("hex"));
    t.equal(fresh.length, 1);
    t.notSame(fresh, published);
    await db.execute(`DELETE FROM transport_keys WHERE not_after <> ${(original?.notAfter ?? 0) + 1}`);
    await db.execute("UPDATE transport_keys SET not_after = not_after - 1");
  });

  await t.test("sees no private key, and a former server secret still opens", async (t) => {
    const renewed = await reopened([randomBytes(32), secret]);
    t.same(
      renewed.published().map(({ publicKey }) => Buffer.from(publicKey).toString("hex")),
      published,
    );
    t.equal(
      (await reopened([randomBytes(32)])).published().length,
      1,
      "a server that opens none makes its own",
    );
    t.equal(original?.wrappedPrivateKey.length, 12 + 32 + 16);
  });
});
