import { setImmediate } from "node:timers/promises";
import type { Queryable } from "@vaultproof/db/database";
import { fieldToBytes } from "@vaultproof/protocol/field";
import { createAppTrees } from "@vaultproof/server/developer/app-trees";
import { growTree } from "@vaultproof/server/developer/grow-tree";
import { createAppPathReader } from "@vaultproof/server/developer/read-app-path";
import t from "tap";

const leaves = Array.from({ length: 64 }, (_, index) => ({ index, leaf: fieldToBytes(BigInt(index + 1)) }));

/** Turns of the event loop that `work` takes. */
async function turnsOf(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let done = false;
  const ended = work.then(() => (done = true));
  const isDone = (): boolean => done;
  while (!isDone()) {
    await setImmediate();
    turns++;
  }
  await ended;
  return turns;
}

/**
 * A tree gave way after every few hashes, but each for itself: a hundred of them, which anybody with a full slot can ask
 * for at once, were all hashed on in the same turn of the event loop, and every call waited for all.
 */
void t.test("trees that grow side by side take turns", async (t) => {
  const alone = await turnsOf(growTree(leaves));
  t.ok(alone > 4, "a tree takes several turns");
  const together = await turnsOf(Promise.all(Array.from({ length: 10 }, () => growTree(leaves))));
  t.ok(together >= 9 * alone, `${together} turns for ten trees of ${alone}`);
});

void t.test("a tree is grown once for all who ask for its paths", async (t) => {
  const { appRoot } = await growTree(leaves);
  const rows = leaves.map((row) => ({ ...row, appRoot: fieldToBytes(appRoot) }));
  const db: Queryable = {
    execute: () => Promise.reject(new Error("not asked for")),
    // The rows are whatever the asker says that they are: `never` fits every type.
    query: () => Promise.resolve({ rows: rows as never[], rowCount: rows.length }),
  };
  const paths = createAppPathReader({ db, trees: createAppTrees() });
  const slotId = "6fa9d9b0-2d0e-4c3e-9f0a-0a5d3f5f4d11";
  const alone = await turnsOf(growTree(leaves));
  const hexOf = (index: number): string => Buffer.from(leaves[index]?.leaf ?? []).toString("hex");
  const reading = Promise.all(leaves.map((_, index) => paths.read({ slotId, leaf: hexOf(index) })));
  t.ok((await turnsOf(reading)) < 2 * alone);
  const answers = await reading;
  t.strictSame(
    answers.map(({ index }) => index),
    leaves.map(({ index }) => index),
  );
});
