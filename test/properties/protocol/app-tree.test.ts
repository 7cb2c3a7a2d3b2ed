import fc from "fast-check";
import t from "tap";
import {
  APP_TREE_LEAVES,
  computeAppPath,
  computeAppRoot,
  foldAppPath,
  growAppTree,
} from "@vaultproof/protocol/app-tree";
import { FIELD_MODULUS } from "@vaultproof/protocol/field";

const leaf = fc.bigInt({ min: 1n, max: FIELD_MODULUS - 1n });
const index = fc.nat(APP_TREE_LEAVES - 1);
const leaves = fc.uniqueArray(fc.record({ index, leaf }), {
  minLength: 1,
  maxLength: 12,
  selector: (placed) => placed.index,
});

void t.test("each leaf of a random tree folds to its root, and no other leaf or place does", (t) => {
  fc.assert(
    fc.property(leaves, fc.nat(), leaf, index, (leaves, pick, other, place) => {
      const placed = leaves[pick % leaves.length];
      if (placed === undefined) return false;
      const appRoot = computeAppRoot(leaves);
      const path = computeAppPath(leaves, placed.index);
      const elsewhere = foldAppPath(placed.leaf, place, path.siblings) === appRoot;
      return (
        path.appRoot === appRoot &&
        foldAppPath(placed.leaf, placed.index, path.siblings) === appRoot &&
        (other === placed.leaf || foldAppPath(other, placed.index, path.siblings) !== appRoot) &&
        elsewhere === (place === placed.index)
      );
    }),
    { numRuns: 25 },
  );
  t.end();
});

void t.test("an empty place folds from 0, and taking a leaf away is the tree without it", (t) => {
  fc.assert(
    fc.property(leaves, index, (leaves, place) => {
      const others = leaves.filter((placed) => placed.index !== place);
      const { siblings, appRoot } = computeAppPath(others, place);
      return (
        foldAppPath(0n, place, siblings) === appRoot &&
        computeAppRoot([...others, { index: place, leaf: 0n }]) === appRoot &&
        computeAppRoot([...others, { index: place, leaf: 5n }]) === foldAppPath(5n, place, siblings)
      );
    }),
    { numRuns: 25 },
  );
  t.end();
});

void t.test(
  "a tree changed leaf by leaf is the tree over what it then holds, and no change reaches back",
  async (t) => {
    // Few places, so that leaves are replaced and taken away too.
    const change = fc.record({
      index: fc.constantFrom(0, 1, 2, 3, 511, 512, 1023),
      leaf: fc.oneof(leaf, fc.constant(0n)),
    });
    await fc.assert(
      fc.asyncProperty(
        leaves,
        fc.array(change, { minLength: 1, maxLength: 6 }),
        index,
        async (leaves, changes, place) => {
          const held = new Map(leaves.map((placed) => [placed.index, placed.leaf]));
          const first = await growAppTree(leaves, () => Promise.resolve());
          const before = computeAppPath(leaves, place);
          let tree = first;
          for (const changed of changes) {
            tree = tree.with(changed);
            held.set(changed.index, changed.leaf);
            const now = [...held].map(([index, leaf]) => ({ index, leaf }));
            t.equal(tree.appRoot, computeAppRoot(now));
            t.equal(tree.leaves, now.filter(({ leaf }) => leaf !== 0n).length);
            t.same(tree.path(place), computeAppPath(now, place));
          }
          t.same(first.path(place), before);
        },
      ),
      { numRuns: 15 },
    );
  },
);
