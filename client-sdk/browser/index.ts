export {
  createBrowserProver,
  type BrowserProver,
  type BrowserProverOptions,
  type ProvingProgress,
} from "./browser-prover.js";
export { isSupported, type Support } from "./is-supported.js";
export { warmUp, type WarmUpOptions } from "./warm-up.js";
export type {
  KeptBundle,
  Keystore,
  KeystoreOptions,
  KeystoreProtection,
  KeystoreState,
  KeystoreUnlock,
  KeystoreVaultOptions,
} from "./keystore.js";
export { loadLogVerifier, type LogVerifier } from "./load-log-verifier.js";
export { deleteKeystore, openKeystore } from "./open-keystore.js";
export { VaultProof, type VaultProofOptions, type VaultProofRestoreOptions } from "./vault-proof.js";
export { VaultProofApp, type VaultProofAppOptions } from "./vault-proof-app.js";
export { VaultProofError, type VaultProofErrorCode } from "../src/sdk-error.js";
export type { CallWitness, Prover } from "../src/prover.js";
export type { DeveloperVault } from "../src/developer-vault.js";
export type { Observer, VaultProofEvent } from "../src/service-connection.js";
export type { LogExport } from "../src/log-export.js";
export type { LogPageOptions } from "../src/log-operations.js";
export type { LogProblem, LogVerification } from "@vaultproof/protocol/verify-log";
