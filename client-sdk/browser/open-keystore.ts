import { VaultProofError } from "../src/sdk-error.js";
import type { Keystore, KeystoreOptions } from "./keystore.js";

/** Opens this origin's keystore, empty where there has been none. */
export function openKeystore({ name = "vaultproof" }: KeystoreOptions = {}): Promise<Keystore> {
  return Promise.reject(new VaultProofError("invalid-argument", `no keystore ${name} here yet`));
}
