import { computeAppPath, computeAppRoot, growAppTree } from "@vaultproof/protocol/app-tree";
import t from "tap";

void t.test("a tree that gives way is the same tree, and does give way", async (t) => {
  const leaves = Array.from({ length: 40 }, (_, i) => ({ index: 3 * i, leaf: BigInt(i + 1) }));
  let pauses = 0;
  const tree = await growAppTree(leaves, () => {
    pauses++;
    return Promise.resolve();
  });
  t.equal(tree.appRoot, computeAppRoot(leaves));
  t.same(tree.path(9), computeAppPath(leaves, 9));
  t.ok(pauses > 5);
  t.throws(() => tree.path(1024), RangeError);
  t.throws(() => tree.with({ index: 1024, leaf: 1n }), RangeError);
  await t.rejects(
    growAppTree([...leaves, { index: 0, leaf: 1n }], () => Promise.resolve()),
    RangeError,
  );
});
