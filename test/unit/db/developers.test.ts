import { randomBytes } from "node:crypto";
import t from "tap";
import { PARTITIONS_AHEAD_SECONDS, PARTITION_SECONDS } from "@vaultproof/db/maintenance";
import { databaseTime } from "@vaultproof/db/queries/database-time";
import { findDeveloper } from "@vaultproof/db/queries/find-developer";
import { insertDeveloper } from "@vaultproof/db/queries/insert-developer";
import { useNonce } from "@vaultproof/db/queries/use-nonce";
import { forEachDatabase } from "../../helpers/databases.js";
import { storedDeveloper } from "../../helpers/stored-slot.js";

await forEachDatabase(t, "developers", async (t, open) => {
  const db = await open();

  await t.test("are registered once", async (t) => {
    const developer = { id: randomBytes(32).toString("base64url"), publicKey: randomBytes(32), label: "Ada" };
    t.same(await insertDeveloper(db, developer), { created: true });
    t.same(await insertDeveloper(db, { ...developer, label: "Eve" }), { created: false });
    const found = await findDeveloper(db, developer.id);
    t.match(found, { id: developer.id, label: "Ada", status: "active" });
    t.same(Buffer.from(found?.publicKey ?? []), developer.publicKey);
  });

  await t.test("one key has one id", async (t) => {
    const { publicKey } = await storedDeveloper(db);
    const other = { id: randomBytes(32).toString("base64url"), publicKey, label: "" };
    await t.rejects(insertDeveloper(db, other), { code: "23505" });
  });

  t.equal(await findDeveloper(db, "nobody"), null);
});

await forEachDatabase(t, "nonces", async (t, open) => {
  const db = await open();
  const now = Math.floor(await databaseTime(db));
  const nonce = () => ({
    developerId: "someone",
    nonce: randomBytes(16).toString("base64url"),
    expiresAt: now + 60,
    perMinute: 0,
  });
  const outcomeOf = async (asked: Parameters<typeof useNonce>[1], replica = db) =>
    (await useNonce(replica, asked)).outcome;

  await t.test("are used once", async (t) => {
    const first = nonce();
    t.equal(await outcomeOf(first), "fresh");
    t.equal(await outcomeOf(first), "used");
    t.equal(
      await outcomeOf({ ...first, developerId: "somebody else" }),
      "fresh",
      "each developer has their own",
    );
  });

  await t.test("are used once by replicas that try together", async (t) => {
    const replicas = [db, await open(), await open()];
    const same = nonce();
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => outcomeOf(same, replicas[i % 3])));
    t.equal(answers.filter((outcome) => outcome === "fresh").length, 1);
  });

  await t.test("are refused outside their time", async (t) => {
    t.equal(await outcomeOf({ ...nonce(), expiresAt: now - 1 }), "used", "expired");
    const beyond = now + PARTITIONS_AHEAD_SECONDS + 2 * PARTITION_SECONDS;
    t.equal(await outcomeOf({ ...nonce(), expiresAt: beyond }), "used", "no partition takes it");
  });

  await t.test("are refused below the watermark", async (t) => {
    const below = nonce();
    await db.query({ text: "UPDATE watermark SET below = $1::bigint", values: [below.expiresAt + 1] });
    t.equal(await outcomeOf(below), "used");
    t.equal(await outcomeOf({ ...below, expiresAt: below.expiresAt + 1 }), "fresh");
  });
});
