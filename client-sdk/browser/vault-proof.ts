import type { DeveloperVault, VaultOptions } from "../src/developer-vault.js";
import { generateDeveloperKey } from "../src/generate-developer-key.js";
import type { KitOwner, RestoreOptions } from "../src/restore-vault.js";
import type { BrowserPlatformOptions } from "./browser-platform.js";
import type { Keystore, KeystoreVaultOptions } from "./keystore.js";
import { warmUp } from "./warm-up.js";

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
  open: async (options: VaultProofOptions): Promise<VaultProof> => {
    if ("keystore" in options) {
      const { keystore, ...rest } = options;
      return keystore.openVault(rest);
    }
    return (await developerSide()).openBrowserVault(options);
  },
  /**
   * Brings a recovery kit's state to this browser, beside what is here already, and opens the vault. For a keystore see
   * `Keystore.import`.
   *
   * @throws VaultProofError `wrong-passphrase`, `kit-invalid`, and whatever {@link open} says.
   */
  restore: async (
    kit: string,
    passphrase: string,
    options: VaultProofRestoreOptions = {},
  ): Promise<VaultProof> => (await developerSide()).restoreBrowserVault({ ...options, kit, passphrase }),
  /** The developer key, service and server of a kit, for a program that keeps them. Touches no state. */
  readRecoveryKit: async (kit: string, passphrase: string): Promise<KitOwner> =>
    (await developerSide()).readRecoveryKit(kit, passphrase),
  /** A new developer key: `vp_live_…` or `vp_test_…`. */
  generateDeveloperKey,
  /** Loads ahead what the first proof needs. */
  warmUp,
} as const;

/** Loaded when it is wanted: a page that only makes calls has no developer. */
function developerSide() {
  return import("./browser-vault.js");
}
