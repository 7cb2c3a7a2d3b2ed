import fc from "fast-check";
import t from "tap";
import { APP_TREE_LEAVES, computeAppPath, computeAppRoot, foldAppPath } from "@vaultproof/protocol/app-tree";
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
