/**
 * How proofs are made and verified: UltraHonk with a Keccak transcript and zero-knowledge. Prover and verifier must
 * agree on this, so both take it from here. The name is bb.js's `verifierTarget`; nothing goes to a chain. It is
 * chosen because such a proof costs less than half of a recursive one to verify.
 */
export const verifierTarget = "evm";

/** The same choice, as the `settings` of bb.js's `circuitProve`, `circuitVerify` and `circuitComputeVk`. */
export const proofSettings = {
  ipaAccumulation: false,
  oracleHashType: "keccak",
  disableZk: false,
  optimizedSolidityVerifier: false,
} as const;

/** The public inputs in the order in which circuit, proof and verifier have them; each is a field of 32 bytes. */
export const publicInputOrder = [
  "vault_commitment",
  "app_root",
  "app_id_hash",
  "nullifier",
  "request_hash",
] as const;

/** Bytes of one proof: 202 words. Fixed, whatever the witness. */
export const proofBytes = 6464;

/** Bytes of a word of a proof and of a public input: a big-endian integer below the scalar field's modulus. */
export const wordBytes = 32;
