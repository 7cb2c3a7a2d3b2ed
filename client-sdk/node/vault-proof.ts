import envPaths from "env-paths";
import {
  openDeveloperVault,
  type DeveloperVault,
  type VaultOptions,
  type VaultPlatform,
} from "../src/developer-vault.js";
import { generateDeveloperKey } from "../src/generate-developer-key.js";
import { readRecoveryKit, restoreDeveloperVault, type RestoreOptions } from "../src/restore-vault.js";
import { createFileStateStore } from "./file-state-store.js";

/** What Node's platform is told. */
export interface NodePlatformOptions {
  /**
   * Folder of the encrypted state. Left out: `vaultproof` in the platform's folder for application data, on Linux
   * `$XDG_DATA_HOME/vaultproof` or `~/.local/share/vaultproof`.
   */
  readonly stateDir?: string | undefined;
  /** Told of what a developer should know; left out: `process.emitWarning`. */
  readonly onWarning?: ((message: string) => void) | undefined;
  readonly fetch?: typeof fetch | undefined;
}

/** What `VaultProof.open` takes in Node. */
export interface VaultProofOptions extends VaultOptions, NodePlatformOptions {}

/** What `VaultProof.restore` takes in Node. */
export interface VaultProofRestoreOptions extends RestoreOptions, NodePlatformOptions {}

/** The developer's side. */
export type VaultProof = DeveloperVault;

/** The developer's side: stores keys and grants apps. */
export const VaultProof = {
  /**
   * Opens a developer client: pins the server's identity, registers on first use.
   *
   * @throws VaultProofError
   */
  open: ({ stateDir, onWarning, fetch, ...options }: VaultProofOptions): Promise<VaultProof> =>
    openDeveloperVault(options, nodePlatform({ stateDir, onWarning, fetch })),
  /**
   * Brings a recovery kit's state to this device, beside what is here already, and opens the vault.
   *
   * @throws VaultProofError `wrong-passphrase`, `kit-invalid`, and whatever {@link open} says.
   */
  restore: (
    kit: string,
    passphrase: string,
    { stateDir, onWarning, fetch, ...options }: VaultProofRestoreOptions = {},
  ): Promise<VaultProof> =>
    restoreDeveloperVault({ ...options, kit, passphrase }, nodePlatform({ stateDir, onWarning, fetch })),
  /** The developer key, service and server of a kit, for a program that keeps them. Touches no state. */
  readRecoveryKit,
  /** A new developer key: `vp_live_…` or `vp_test_…`. */
  generateDeveloperKey,
} as const;

function nodePlatform({ stateDir, onWarning, fetch }: NodePlatformOptions): VaultPlatform {
  const folder = stateDir ?? envPaths("vaultproof", { suffix: "" }).data;
  return {
    fetch: fetch ?? globalThis.fetch,
    openStateStore: (developer) => createFileStateStore({ folder, developer }),
    warn:
      onWarning ?? ((message) => process.emitWarning(message, { type: "VaultProofWarning", code: "VP_PIN" })),
  };
}
