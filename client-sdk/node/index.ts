export { VaultProof, type VaultProofOptions } from "./vault-proof.js";
export { VaultProofApp, type VaultProofAppOptions } from "./vault-proof-app.js";
export { createNodeProver, type NodeProver, type NodeProverOptions } from "./node-prover.js";
export type { AppOperations } from "../src/app-operations.js";
export type { KeyOperations, StoredKey, StoreOptions } from "../src/key-operations.js";
export type { CallWitness, Prover } from "../src/prover.js";
export { VaultProofError, type VaultProofErrorCode } from "../src/sdk-error.js";
export type { Observer, VaultProofEvent } from "../src/service-connection.js";
