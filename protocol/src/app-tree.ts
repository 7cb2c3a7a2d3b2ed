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

/** A subtree that is not empty; an empty one is undefined. Never changed, so that trees can share it. */
interface Subtree {
  readonly hash: bigint;
  /** Leaves that are not empty. */
  readonly leaves: number;
  readonly left: Subtree | undefined;
  readonly right: Subtree | undefined;
}

/** A few milliseconds of hashing. */
const HASHES_A_TURN = 8;

/** Root of an empty subtree at each height; recomputing ten hashes a call would be waste. */
const EMPTY_SUBTREES = emptySubtrees();

/** A whole tree, its hashing done. It never changes. */
export interface AppTree {
  readonly appRoot: bigint;
  /** Leaves that are not empty. */
  readonly leaves: number;
  /** The authentication path of the leaf at `index`. Throws RangeError when the index is outside 0…1023. */
  path(index: number): AppPath;
  /**
   * The tree with `leaf` at `index`, the empty leaf 0 to take one away: ten hashes at most, and everything beside the
   * leaf's path is shared with this tree. Throws RangeError when the index is outside 0…1023.
   */
  with(placed: PlacedLeaf): AppTree;
}

/** Root of the depth-10 tree over `leaves`. Throws RangeError when an index is outside 0…1023 or used twice. */
export function computeAppRoot(leaves: readonly PlacedLeaf[]): bigint {
  return treeOf(drain(growSubtrees(leaves))).appRoot;
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
  const steps = growSubtrees(leaves);
  for (let hashes = 1; ; hashes++) {
    const { done, value } = steps.next();
    if (done === true) return treeOf(value);
    if (hashes % HASHES_A_TURN === 0) await pause();
  }
}

/** The authentication path of the leaf at `index` in the tree over `leaves`. Throws RangeError as {@link computeAppRoot}. */
export function computeAppPath(leaves: readonly PlacedLeaf[], index: number): AppPath {
  assertIndex(index);
  return treeOf(drain(growSubtrees(leaves))).path(index);
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
    const isRight = isRightAt(index, height);
    left.push(isRight ? sibling : node);
    node = isRight ? merkleNode(sibling, node) : merkleNode(node, sibling);
  });
  return { root: node, left };
}

function merkleNode(left: bigint, right: bigint): bigint {
  return compress(COMPRESS_DOMAIN.merkleNode, left, right, 0n);
}

/** The tree over `leaves`, from the bottom up; yields after each hash. */
function* growSubtrees(leaves: readonly PlacedLeaf[]): Generator<undefined, Subtree | undefined> {
  let level = placeLeaves(leaves);
  for (let height = 0; height < APP_TREE_DEPTH; height++) {
    const parents = new Map<number, Subtree>();
    for (const index of new Set([...level.keys()].map((child) => child >> 1))) {
      const parent = join(height, level.get(2 * index), level.get(2 * index + 1));
      if (parent !== undefined) parents.set(index, parent);
      yield;
    }
    level = parents;
  }
  return level.get(0);
}

function placeLeaves(leaves: readonly PlacedLeaf[]): Map<number, Subtree> {
  const bottom = new Map<number, Subtree>();
  const taken = new Set<number>();
  for (const { index, leaf } of leaves) {
    assertIndex(index);
    if (taken.has(index)) throw new RangeError(`two leaves at index ${index}`);
    taken.add(index);
    const placed = leafOf(leaf);
    if (placed !== undefined) bottom.set(index, placed);
  }
  return bottom;
}

function leafOf(leaf: bigint): Subtree | undefined {
  return leaf === 0n ? undefined : { hash: leaf, leaves: 1, left: undefined, right: undefined };
}

/** The subtree over two of this height. */
function join(height: number, left: Subtree | undefined, right: Subtree | undefined): Subtree | undefined {
  if (left === undefined && right === undefined) return undefined;
  const hash = merkleNode(hashOf(left, height), hashOf(right, height));
  return { hash, leaves: (left?.leaves ?? 0) + (right?.leaves ?? 0), left, right };
}

/** The subtree of this height with another leaf; the index's bits below the height lead to it. */
function replaceLeaf(
  subtree: Subtree | undefined,
  height: number,
  { index, leaf }: PlacedLeaf,
): Subtree | undefined {
  if (height === 0) return leafOf(leaf);
  const below = height - 1;
  return isRightAt(index, below)
    ? join(below, subtree?.left, replaceLeaf(subtree?.right, below, { index, leaf }))
    : join(below, replaceLeaf(subtree?.left, below, { index, leaf }), subtree?.right);
}

/** The siblings of the leaf at `index`, from the bottom up. */
function siblingsOf(root: Subtree | undefined, index: number): bigint[] {
  const siblings: bigint[] = [];
  let node = root;
  for (let height = APP_TREE_DEPTH - 1; height >= 0; height--) {
    const isRight = isRightAt(index, height);
    siblings.push(hashOf(isRight ? node?.left : node?.right, height));
    node = isRight ? node?.right : node?.left;
  }
  return siblings.reverse();
}

/** Whether the node at `height` on the way up from the leaf at `index` is a right one. */
function isRightAt(index: number, height: number): boolean {
  return ((index >> height) & 1) === 1;
}

function drain<Result>(steps: Generator<undefined, Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

function treeOf(root: Subtree | undefined): AppTree {
  const appRoot = hashOf(root, APP_TREE_DEPTH);
  return {
    appRoot,
    leaves: root?.leaves ?? 0,
    path(index) {
      assertIndex(index);
      return { index, siblings: siblingsOf(root, index), appRoot };
    },
    with(placed) {
      assertIndex(placed.index);
      return treeOf(replaceLeaf(root, APP_TREE_DEPTH, placed));
    },
  };
}

function hashOf(subtree: Subtree | undefined, height: number): bigint {
  return subtree?.hash ?? EMPTY_SUBTREES[height] ?? 0n;
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
