import { BackendType, BarretenbergSync } from "@aztec/bb.js";
import { be, number } from "./encodings.js";

/** The protocol's hashes inside the circuit, over barretenberg's own permutation (C++ compiled to WASM). */
export interface CircuitHashes {
  /** First lane of the permutation of `[a, b, c, domain]`. */
  readonly compress: (domain: bigint, a: bigint, b: bigint, c: bigint) => bigint;
  /** All levels of a full tree over 1,024 leaves, leaves first, no shortcut for empty places. */
  readonly tree: (leaves: ReadonlyMap<number, bigint>) => bigint[][];
}

export async function createCircuitHashes(): Promise<CircuitHashes> {
  const api = await BarretenbergSync.new({ backend: BackendType.Wasm });
  const compress = (domain: bigint, a: bigint, b: bigint, c: bigint): bigint => {
    const { outputs } = api.poseidon2Permutation({ inputs: [a, b, c, domain].map((lane) => be(lane, 32)) });
    return number(Buffer.from(outputs[0] ?? []));
  };
  const tree = (leaves: ReadonlyMap<number, bigint>): bigint[][] => {
    const levels = [Array.from({ length: 1024 }, (_, index) => leaves.get(index) ?? 0n)];
    for (let below = levels[0] ?? []; below.length > 1; below = levels.at(-1) ?? []) {
      levels.push(
        Array.from({ length: below.length / 2 }, (_, i) =>
          compress(3n, below[2 * i] ?? 0n, below[2 * i + 1] ?? 0n, 0n),
        ),
      );
    }
    return levels;
  };
  return { compress, tree };
}
