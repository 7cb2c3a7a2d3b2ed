import { COMPRESS_DOMAIN, compress } from "./compress.js";

/** Depth of a slot's tree of apps; a constant of the circuit. */
export const APP_TREE_DEPTH = 10;
/** Leaves of the tree: 1,024 apps a slot. */
export const APP_TREE_LEAVES = 2 ** APP_TREE_DEPTH;

/** A leaf at its place; every other place holds the empty leaf 0. */
export interface PlacedLeaf {
  readonly index: number;
  readonly leaf: bigint;
}

/** The place of a leaf, its ten siblings from the bottom up, and the root they lead to. */
export interface AppPath {
  readonly index: number;
  readonly siblings: readonly bigint[];
  readonly appRoot: bigint;
}

/** What the circuit takes for one leaf: each level's sibling, and which of node and sibling stands on the left. */
export interface AppPathWitness {
  readonly path: readonly bigint[];
  readonly left: readonly bigint[];
}

type Levels = readonly ReadonlyMap<number, bigint>[];

/** A few milliseconds of hashing. */
const HASHES_A_TURN = 8;

/** Root of an empty subtree at each height; recomputing ten hashes a call would be waste. */
const EMPTY_SUBTREES = emptySubtrees();

/** A whole tree, its hashing done. */
export interface AppTree {
  readonly appRoot: bigint;
  /** The authentication path of the leaf at `index`. Throws RangeError when the index is outside 0…1023. */
  path(index: number): AppPath;
}

/** Root of the depth-10 tree over `leaves`. Throws RangeError when an index is outside 0…1023 or used twice. */
export function computeAppRoot(leaves: readonly PlacedLeaf[]): bigint {
  return treeOf(drain(growLevels(leaves))).appRoot;
}

/**
 * The tree over `leaves`, giving way after every few hashes: 1,024 apps take a third of a second, in which a server
 * would answer nobody. Rejects with RangeError as {@link computeAppRoot} throws.
 *
 * @param pause resolves when other work had its turn.
 */
export async function growAppTree(
  leaves: readonly PlacedLeaf[],
  pause: () => Promise<void>,
): Promise<AppTree> {
  const steps = growLevels(leaves);
  for (let hashes = 1; ; hashes++) {
    const { done, value } = steps.next();
    if (done === true) return treeOf(value);
    if (hashes % HASHES_A_TURN === 0) await pause();
  }
}

/** The authentication path of the leaf at `index` in the tree over `leaves`. Throws RangeError as {@link computeAppRoot}. */
export function computeAppPath(leaves: readonly PlacedLeaf[], index: number): AppPath {
  assertIndex(index);
  return treeOf(drain(growLevels(leaves))).path(index);
}

/** Folds a leaf up its path: the root it proves membership of. */
export function foldAppPath(leaf: bigint, index: number, siblings: readonly bigint[]): bigint {
  return climb(leaf, index, siblings).root;
}

/** The path in the circuit's form: `path[i]` the sibling, `left[i]` the left one of node and sibling at height i. */
export function appPathWitness(leaf: bigint, index: number, siblings: readonly bigint[]): AppPathWitness {
  return { path: siblings, left: climb(leaf, index, siblings).left };
}

function climb(leaf: bigint, index: number, siblings: readonly bigint[]): { root: bigint; left: bigint[] } {
  assertIndex(index);
  if (siblings.length !== APP_TREE_DEPTH) throw new RangeError(`a path has ${APP_TREE_DEPTH} siblings`);
  const left: bigint[] = [];
  let node = leaf;
  siblings.forEach((sibling, height) => {
    const isRight = ((index >> height) & 1) === 1;
    left.push(isRight ? sibling : node);
    node = isRight ? merkleNode(sibling, node) : merkleNode(node, sibling);
  });
  return { root: node, left };
}

function merkleNode(left: bigint, right: bigint): bigint {
  return compress(COMPRESS_DOMAIN.merkleNode, left, right, 0n);
}

/** The nodes that are not empty, from the leaves up; yields after each hash. */
function* growLevels(leaves: readonly PlacedLeaf[]): Generator<undefined, Levels> {
  const levels = [placeLeaves(leaves)];
  for (let height = 0; height < APP_TREE_DEPTH; height++) {
    const parents = new Map<number, bigint>();
    for (const index of new Set([...(levels[height]?.keys() ?? [])].map((child) => child >> 1))) {
      parents.set(
        index,
        merkleNode(nodeAt(levels, height, 2 * index), nodeAt(levels, height, 2 * index + 1)),
      );
      yield;
    }
    levels.push(parents);
  }
  return levels;
}

function placeLeaves(leaves: readonly PlacedLeaf[]): Map<number, bigint> {
  const bottom = new Map<number, bigint>();
  for (const { index, leaf } of leaves) {
    assertIndex(index);
    if (bottom.has(index)) throw new RangeError(`two leaves at index ${index}`);
    bottom.set(index, leaf);
  }
  return bottom;
}

function drain<Result>(steps: Generator<undefined, Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

function treeOf(levels: Levels): AppTree {
  const appRoot = nodeAt(levels, APP_TREE_DEPTH, 0);
  return {
    appRoot,
    path(index) {
      assertIndex(index);
      const siblings = Array.from({ length: APP_TREE_DEPTH }, (_, height) =>
        nodeAt(levels, height, (index >> height) ^ 1),
      );
      return { index, siblings, appRoot };
    },
  };
}

function nodeAt(levels: Levels, height: number, index: number): bigint {
  return levels[height]?.get(index) ?? EMPTY_SUBTREES[height] ?? 0n;
}

function emptySubtrees(): bigint[] {
  const roots = [0n];
  for (let height = 1; height <= APP_TREE_DEPTH; height++) {
    const below = roots[height - 1] ?? 0n;
    roots.push(merkleNode(below, below));
  }
  return roots;
}

function assertIndex(index: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= APP_TREE_LEAVES) {
    throw new RangeError(`a leaf index is an integer from 0 to ${APP_TREE_LEAVES - 1}`);
  }
}
