export { VaultProof, type VaultProofOptions, type VaultProofRestoreOptions } from "./vault-proof.js";
export { VaultProofApp, type VaultProofAppOptions } from "./vault-proof-app.js";
export { createNodeProver, type NodeProver, type NodeProverOptions } from "./node-prover.js";
export type { AppOperations } from "../src/app-operations.js";
export type { RotatedKey, RotateOptions } from "../src/key-rotation.js";
export type { KeyOperations, StoredKey, StoreOptions } from "../src/key-operations.js";
export type { StatsOperations } from "../src/stats-operations.js";
export type { KitOwner } from "../src/restore-vault.js";
export type { LogExport } from "../src/log-export.js";
export type { LogPageOptions } from "../src/log-operations.js";
export {
  LOG_PROBLEMS,
  verifyLog,
  type LogProblem,
  type LogToVerify,
  type LogVerification,
} from "@vaultproof/protocol/verify-log";
export type { CallWitness, Prover } from "../src/prover.js";
export { VaultProofError, type VaultProofErrorCode } from "../src/sdk-error.js";
export type { Observer, VaultProofEvent } from "../src/service-connection.js";
export { generateIdentityKey, type IdentityKeyPair } from "../src/generate-identity-key.js";
export type { IdentityPrivateJwk, IdentityPrivateKey } from "../src/identity-signing-key.js";
export type { IdentityStatement } from "../src/identity-statement.js";
export {
  retrieveAccessToken,
  type AccessToken,
  type AccessTokenRequest,
} from "../src/retrieve-access-token.js";
export { signIdentity } from "../src/sign-identity.js";
