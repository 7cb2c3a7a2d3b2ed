import { permute } from "@zkpassport/poseidon2";
import { FieldEncodingError, isFieldElement } from "./field.js";

/** Domains of {@link compress}, one a use, so that no hash of one kind is ever valid as another. */
export const COMPRESS_DOMAIN = {
  vaultCommitment: 1n,
  appLeaf: 2n,
  merkleNode: 3n,
  nullifier: 4n,
} as const;

/**
 * The circuit's only hash: the first lane of Noir's Poseidon2 permutation over BN254 (width 4) on `[a, b, c, domain]`.
 * Agreement with Noir is held by the vectors in `test/vectors/poseidon2-noir.json`.
 *
 * @throws FieldEncodingError when an input is ≥ p; reducing it would give two inputs the same hash.
 */
export function compress(domain: bigint, a: bigint, b: bigint, c: bigint): bigint {
  if (![a, b, c, domain].every(isFieldElement))
    throw new FieldEncodingError("compress takes field elements only");
  const [first] = permute([a, b, c, domain]);
  if (first === undefined) throw new Error("the Poseidon2 permutation returned no lanes");
  return first;
}
