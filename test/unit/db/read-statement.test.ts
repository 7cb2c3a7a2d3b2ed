import { randomBytes, randomUUID } from "node:crypto";
import t from "tap";
import { burnNullifier } from "@vaultproof/db/queries/burn-nullifier";
import { databaseTime } from "@vaultproof/db/queries/database-time";
import { readStatement } from "@vaultproof/db/queries/read-statement";
import { revokeGrant } from "@vaultproof/db/queries/revoke-grant";
import { revokeSlot } from "@vaultproof/db/queries/revoke-slot";
import { forEachDatabase } from "../../helpers/databases.js";
import { burnRequest, storedSlot } from "../../helpers/stored-slot.js";

await forEachDatabase(t, "the statement of a call", async (t, open) => {
  const db = await open();
  const grants = [{ appId: "my-app", leaf: randomBytes(32), restrictions: { methods: ["GET"] } }];
  const slot = await storedSlot(db, { grants, restrictions: { mode: "read-only" } });
  const call = await burnRequest(db, slot);

  await t.test("holds slot, owner, grant and clock", async (t) => {
    const before = await databaseTime(db);
    const statement = await readStatement(db, call);
    t.match(statement.slot, {
      id: slot.id,
      developerId: slot.developerId,
      developerStatus: "active",
      version: 1,
      status: "active",
      provider: slot.provider,
      baseUrl: slot.baseUrl,
      headerName: slot.headerName,
      headerTemplate: slot.headerTemplate,
      restrictions: { mode: "read-only" },
    });
    t.same(Buffer.from(statement.slot?.vaultCommitment ?? []), slot.vaultCommitment);
    t.same(Buffer.from(statement.slot?.appRoot ?? []), slot.appRoot);
    t.equal(statement.slot?.developerPublicKey.length, 32);
    t.same(statement.grant, {
      appId: "my-app",
      leafIndex: 0,
      version: 1,
      restrictions: { methods: ["GET"] },
    });
    t.equal(statement.burnt, false);
    t.equal(statement.watermark, 0);
    t.ok(statement.now >= before && statement.now <= (await databaseTime(db)), "the database's own clock");
  });

  await t.test("says whether the nullifier is burnt", async (t) => {
    await burnNullifier(db, call);
    t.equal((await readStatement(db, call)).burnt, true);
    t.equal((await readStatement(db, { ...call, nullifier: randomBytes(32) })).burnt, false);
    const other = await storedSlot(db);
    t.equal((await readStatement(db, { ...call, slotId: other.id })).burnt, false, "in this slot");
  });

  await t.test("has no grant for an app that is unknown or revoked, no slot for an unknown id", async (t) => {
    t.match(await readStatement(db, { ...call, appId: "another" }), { slot: { id: slot.id }, grant: null });
    t.match(await readStatement(db, { ...call, slotId: randomUUID() }), { slot: null, grant: null });
    await db.transaction((tx) => revokeGrant(tx, { slotId: slot.id, appId: "my-app" }));
    t.equal((await readStatement(db, call)).grant, null);
    await db.transaction((tx) => revokeSlot(tx, slot.id));
    t.equal((await readStatement(db, call)).slot?.status, "revoked");
  });
});

await forEachDatabase(
  t,
  "the nullifier is looked up in one partition, by its primary key",
  async (t, open) => {
    const db = await open();
    const now = Math.floor(await databaseTime(db));
    const lookUp = await db.transaction(async (tx) => {
      await tx.execute("SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off");
      await tx.execute(
        "PREPARE look_up (uuid, bytea, bigint) AS SELECT 1 FROM nullifiers " +
          "WHERE slot_id = $1 AND nullifier = $2 AND expires_at = $3",
      );
      const { rows } = await tx.query<{ "QUERY PLAN": string }>({
        text: `EXPLAIN EXECUTE look_up ('${randomUUID()}', '\\x00', ${now})`,
      });
      return rows.map((row) => row["QUERY PLAN"]).join("\n");
    });
    t.match(lookUp, /Subplans Removed: [1-9]/);
    t.equal(lookUp.match(/Index Only Scan using nullifiers_\d+_pkey/g)?.length, 1);
  },
);
