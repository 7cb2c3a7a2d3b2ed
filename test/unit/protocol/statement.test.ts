import t from "tap";
import {
  APP_TREE_LEAVES,
  appPathWitness,
  computeAppPath,
  computeAppRoot,
  foldAppPath,
} from "@vaultproof/protocol/app-tree";
import { compress } from "@vaultproof/protocol/compress";
import { FIELD_MODULUS, FieldEncodingError, fieldFromHex, fieldToHex } from "@vaultproof/protocol/field";
import {
  appIdHash,
  appLeaf,
  nullifier,
  publicInputs,
  shareHash,
  vaultCommitment,
} from "@vaultproof/protocol/statement";
import { bytes, readVectors } from "../../helpers/vectors.js";

void t.test("every value of a statement is that of the vectors", (t) => {
  for (const vector of readVectors("statements.json")) {
    const slotSecret = fieldFromHex(vector.slotSecret);
    const share = shareHash(vector.slotId, bytes(vector.share2));
    t.equal(fieldToHex(share), vector.shareHash);
    t.equal(fieldToHex(appIdHash(vector.appId)), vector.appIdHash);
    t.equal(fieldToHex(vaultCommitment(slotSecret, share)), vector.vaultCommitment);
    t.equal(fieldToHex(appLeaf(vector.appId, fieldFromHex(vector.appSecret))), vector.leaf);
    t.equal(
      fieldToHex(nullifier(slotSecret, fieldFromHex(vector.nonce), fieldFromHex(vector.requestHash))),
      vector.nullifier,
    );
  }
  t.end();
});

void t.test("public inputs stand in the circuit's order", (t) => {
  const statement = { requestHash: 5n, nullifier: 4n, appIdHash: 3n, appRoot: 2n, vaultCommitment: 1n };
  t.strictSame(publicInputs(statement), [1n, 2n, 3n, 4n, 5n]);
  t.end();
});

void t.test("hashes of one domain are none of another, and nothing is reduced", (t) => {
  const hashes = [1n, 2n, 3n, 4n].map((domain) => compress(domain, 7n, 8n, 9n));
  t.equal(new Set(hashes).size, 4);
  for (const place of [0, 1, 2]) {
    for (const value of [FIELD_MODULUS, -1n, 1n << 256n]) {
      const [a = 0n, b = 0n, c = 0n] = [1n, 2n, 3n].map((input, i) => (i === place ? value : input));
      t.throws(() => compress(1n, a, b, c), FieldEncodingError);
    }
  }
  t.throws(() => computeAppRoot([{ index: 0, leaf: FIELD_MODULUS }]), FieldEncodingError);
  t.end();
});

void t.test("roots, paths and witnesses are those of the vectors", (t) => {
  for (const { leaves, appRoot, paths } of readVectors("app-trees.json")) {
    const placed = leaves.map(({ index, leaf }) => ({ index, leaf: fieldFromHex(leaf) }));
    t.equal(fieldToHex(computeAppRoot(placed)), appRoot);
    t.equal(fieldToHex(computeAppRoot([...placed].reverse())), appRoot, "in any order");
    for (const { index, siblings, left } of paths) {
      const path = computeAppPath(placed, index);
      const leaf = placed.find((other) => other.index === index)?.leaf ?? 0n;
      t.equal(path.index, index);
      t.equal(fieldToHex(path.appRoot), appRoot);
      t.strictSame(path.siblings.map(fieldToHex), siblings);
      t.equal(foldAppPath(leaf, index, path.siblings), path.appRoot);
      const witness = appPathWitness(leaf, index, path.siblings);
      t.strictSame(witness.path.map(fieldToHex), siblings);
      t.strictSame(witness.left.map(fieldToHex), left);
    }
  }
  t.end();
});

void t.test("places outside the tree, used twice, and paths of another depth are refused", (t) => {
  for (const index of [-1, APP_TREE_LEAVES, 0.5, NaN, Infinity, 2 ** 32]) {
    t.throws(() => computeAppRoot([{ index, leaf: 1n }]), RangeError, `${index}`);
    t.throws(() => computeAppPath([], index), RangeError);
    t.throws(() => foldAppPath(1n, index, new Array<bigint>(10).fill(0n)), RangeError);
  }
  t.throws(() => computeAppRoot([1, 2].map((leaf) => ({ index: 3, leaf: BigInt(leaf) }))), RangeError);
  t.throws(() => computeAppRoot([0, 0].map((leaf) => ({ index: 3, leaf: BigInt(leaf) }))), RangeError);
  for (const depth of [0, 9, 11]) {
    t.throws(() => foldAppPath(1n, 0, new Array<bigint>(depth).fill(0n)), RangeError);
    t.throws(() => appPathWitness(1n, 0, new Array<bigint>(depth).fill(0n)), RangeError);
  }
  t.equal(APP_TREE_LEAVES, 1024);
  t.end();
});
