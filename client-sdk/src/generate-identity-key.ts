import {
  IDENTITY_ALGORITHMS,
  publicJwkSchema,
  type IdentityAlgorithm,
  type PublicJwk,
} from "@vaultproof/protocol/identity-key";
import type { IdentityPrivateJwk } from "./identity-signing-key.js";
import { VaultProofError } from "./sdk-error.js";

/** A key for a developer's backend. */
export interface IdentityKeyPair {
  /** Stays on the backend; in the clear, so keep it as any secret. */
  readonly privateKey: IdentityPrivateJwk;
  /** For `identity.keys[].jwk` of a restriction. */
  readonly publicKey: PublicJwk;
}

/**
 * Makes a key for a developer's backend.
 *
 * @param algorithm `EdDSA` when left out; `RS256` makes 2048 bits.
 * @throws VaultProofError `invalid-argument`
 */
export async function generateIdentityKey(algorithm: IdentityAlgorithm = "EdDSA"): Promise<IdentityKeyPair> {
  if (!IDENTITY_ALGORITHMS.includes(algorithm)) {
    throw new VaultProofError("invalid-argument", `algorithm is one of ${IDENTITY_ALGORITHMS.join(", ")}`);
  }
  const { exportJWK, generateKeyPair } = await import("jose");
  const pair = await generateKeyPair(algorithm, { extractable: true });
  const [privateKey, publicKey] = await Promise.all([exportJWK(pair.privateKey), exportJWK(pair.publicKey)]);
  return {
    privateKey: { ...privateKey, alg: algorithm } as IdentityPrivateJwk,
    publicKey: publicJwkSchema.parse({ ...publicKey, alg: algorithm }),
  };
}
