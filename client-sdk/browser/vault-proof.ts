import {
  generateDeveloperKey,
  openDeveloperVault,
  type DeveloperVault,
  type VaultOptions,
  type VaultPlatform,
} from "../src/developer-vault.js";
import { readRecoveryKit, restoreDeveloperVault, type RestoreOptions } from "../src/restore-vault.js";
import { createIndexedStateStore } from "./indexed-state-store.js";
import type { Keystore, KeystoreVaultOptions } from "./keystore.js";
import { browserPlatform, type BrowserPlatformOptions } from "./browser-platform.js";

/** What `VaultProof.open` takes in a browser: a developer key that the program keeps, or an unlocked keystore. */
export type VaultProofOptions =
  (VaultOptions & BrowserPlatformOptions) | (KeystoreVaultOptions & { readonly keystore: Keystore });

/** What `VaultProof.restore` takes in a browser. */
export interface VaultProofRestoreOptions extends RestoreOptions, BrowserPlatformOptions {}

/** The developer's side. */
export type VaultProof = DeveloperVault;

/** The developer's side: stores keys and grants apps. */
export const VaultProof = {
  /**
   * Opens a developer client: pins the server's identity, registers on first use. The state is kept in IndexedDB, encrypted under
   * the developer key: in the keystore if there is one, otherwise under the developer's fingerprint.
   *
   * @throws VaultProofError
   */
  open: (options: VaultProofOptions): Promise<VaultProof> => {
    if ("keystore" in options) {
      const { keystore, ...rest } = options;
      return keystore.openVault(rest);
    }
    const { onWarning, fetch, ...rest } = options;
    return openDeveloperVault(rest, statePlatform({ onWarning, fetch }));
  },
  /**
   * Brings a recovery kit's state to this browser, beside what is here already, and opens the vault. For a keystore see
   * `Keystore.import`.
   *
   * @throws VaultProofError `wrong-passphrase`, `kit-invalid`, and whatever {@link open} says.
   */
  restore: (
    kit: string,
    passphrase: string,
    { onWarning, fetch, ...options }: VaultProofRestoreOptions = {},
  ): Promise<VaultProof> =>
    restoreDeveloperVault({ ...options, kit, passphrase }, statePlatform({ onWarning, fetch })),
  /** The developer key, service and server of a kit, for a program that keeps them. Touches no state. */
  readRecoveryKit,
  /** A new developer key: `vp_live_…` or `vp_test_…`. */
  generateDeveloperKey,
} as const;

function statePlatform(options: BrowserPlatformOptions): VaultPlatform {
  return browserPlatform(options, (developer) => createIndexedStateStore({ developer }));
}
