import fc from "fast-check";
import t from "tap";
import type { Database, Queryable } from "@vaultproof/db/database";
import { readTree } from "@vaultproof/db/queries/read-tree";
import { computeAppRoot } from "@vaultproof/protocol/app-tree";
import { fromHex } from "@vaultproof/protocol/encoding";
import { fieldFromBytes, fieldToBytes, fieldToHex } from "@vaultproof/protocol/field";
import { createAppTrees, type AppTrees } from "@vaultproof/server/developer/app-trees";
import { grantApp, revokeApp } from "@vaultproof/server/developer/change-slot";
import { onAnyDatabase } from "../../helpers/databases.js";
import { actOfTest } from "../../helpers/log-stage.js";
import { randomField } from "../../helpers/store-request.js";
import { storedSlot } from "../../helpers/stored-slot.js";

/** A slot whose root is that of its leaves, with so many apps: `app-0` and so on. */
async function slotOf(db: Database, apps: number) {
  const grants = Array.from({ length: apps }, (_, i) => ({
    appId: `app-${i}`,
    leaf: fromHex(randomField()),
  }));
  const placed = grants.map(({ leaf }, index) => ({ index, leaf: fieldFromBytes(leaf) }));
  const { id, developerId } = await storedSlot(db, {
    grants,
    appRoot: fieldToBytes(computeAppRoot(placed)),
  });
  return { slotId: id, developerId, act: actOfTest({ slotId: id, developerId }) };
}

/** The stored root, and that of the stored leaves. */
async function rootsOf(db: Database, slotId: string): Promise<{ stored: string; ofLeaves: string }> {
  const tree = await readTree(db, slotId);
  if (tree === null) throw new Error("no such slot");
  const placed = tree.leaves.map(({ index, leaf }) => ({ index, leaf: fieldFromBytes(leaf) }));
  return { stored: Buffer.from(tree.appRoot).toString("hex"), ofLeaves: fieldToHex(computeAppRoot(placed)) };
}

/** Trees that do something more while one of them grows. */
function treesThat(meanwhile: () => Promise<void>): AppTrees {
  const trees = createAppTrees();
  return {
    ...trees,
    grow: async (slot) => {
      const tree = await trees.grow(slot);
      await meanwhile();
      return tree;
    },
  };
}

await onAnyDatabase(t, "a slot's stored root", async (t, open) => {
  const db = await open();

  await t.test("is that of its leaves after any changes, by any replica", async (t) => {
    const change = fc.record({
      revoke: fc.boolean(),
      app: fc.nat(5),
      replica: fc.constantFrom("first", "second", "restarted"),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.nat(3),
        fc.array(change, { minLength: 1, maxLength: 15 }),
        async (apps, changes) => {
          const slot = await slotOf(db, apps);
          const replicas = { first: createAppTrees(), second: createAppTrees() };
          for (const { revoke, app, replica } of changes) {
            const deps = { db, trees: replica === "restarted" ? createAppTrees() : replicas[replica] };
            const appId = `app-${app}`;
            // An app that is not granted cannot be revoked; whatever was refused must not have moved the root either.
            const answer = await (
              revoke ? revokeApp(deps, slot, appId) : grantApp(deps, slot, { appId, leaf: randomField() })
            ).catch(() => null);
            const { stored, ofLeaves } = await rootsOf(db, slot.slotId);
            if (stored !== ofLeaves || (answer !== null && answer.appRoot !== stored)) return false;
          }
          return true;
        },
      ),
      { numRuns: 15 },
    );
    t.end();
  });

  await t.test("is that of its leaves after changes all at once", async (t) => {
    const slot = await slotOf(db, 2);
    const replicas = [createAppTrees(), createAppTrees()] as const;
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => {
        const deps = { db, trees: replicas[i % 2 === 0 ? 0 : 1] };
        return grantApp(deps, slot, { appId: `app-${i}`, leaf: randomField() });
      }),
    );
    const { stored, ofLeaves } = await rootsOf(db, slot.slotId);
    t.equal(stored, ofLeaves);
    t.ok(answers.some(({ appRoot }) => appRoot === stored));
    t.equal(new Set(answers.map(({ appRoot }) => appRoot)).size, 12, "each answers with its own root");
  });

  await t.test("is right where another replica changed the slot while its tree grew", async (t) => {
    const slot = await slotOf(db, 3);
    const other = { db, trees: createAppTrees() };
    const trees = treesThat(async () => {
      await revokeApp(other, slot, "app-0");
    });
    const { index, appRoot } = await grantApp({ db, trees }, slot, { appId: "new", leaf: randomField() });
    t.equal(index, 0);
    const { stored, ofLeaves } = await rootsOf(db, slot.slotId);
    t.equal(stored, ofLeaves);
    t.equal(appRoot, stored);
  });
});

await onAnyDatabase(t, "a full slot's tree", async (t, open) => {
  const db = await open();
  const slot = await slotOf(db, 1024);
  for (const [name, change] of Object.entries({
    grant: (deps: { db: Database; trees: AppTrees }) =>
      grantApp(deps, slot, { appId: "app-7", leaf: randomField() }),
    revocation: (deps: { db: Database; trees: AppTrees }) => revokeApp(deps, slot, "app-1000"),
  })) {
    await t.test(`is hashed for a ${name} while others use the database`, async (t) => {
      const events: string[] = [];
      const watched: Database = {
        ...db,
        transaction: (run: (tx: Queryable) => Promise<never>) => {
          events.push("transaction");
          return db.transaction((tx) =>
            run({
              execute: tx.execute.bind(tx),
              query: (statement) => {
                // Whoever grows the tree inside reads the leaves inside.
                if (statement.text.includes("SELECT leaf_index"))
                  events.push("leaves read in the transaction");
                return tx.query(statement);
              },
            }),
          );
        },
      };
      // On PGlite, with its one connection, this query would wait for ever for a transaction that waits for the tree.
      const trees = treesThat(async () => {
        await db.query({ text: "SELECT 1" });
        events.push("grown, and another query answered");
      });
      const { appRoot } = await change({ db: watched, trees });
      t.same(events, ["grown, and another query answered", "transaction"]);
      t.same(await rootsOf(db, slot.slotId), { stored: appRoot, ofLeaves: appRoot });
    });
  }
});
