import envPaths from "env-paths";
import {
  generateDeveloperKey,
  openDeveloperVault,
  type DeveloperVault,
  type VaultOptions,
} from "../src/developer-vault.js";
import { createFileStateStore } from "./file-state-store.js";

/** What `VaultProof.open` takes in Node. */
export interface VaultProofOptions extends VaultOptions {
  /**
   * Folder of the encrypted state. Left out: `vaultproof` in the platform's folder for application data, on Linux
   * `$XDG_DATA_HOME/vaultproof` or `~/.local/share/vaultproof`.
   */
  readonly stateDir?: string | undefined;
  /** Told of what a developer should know; left out: `process.emitWarning`. */
  readonly onWarning?: ((message: string) => void) | undefined;
  readonly fetch?: typeof fetch | undefined;
}

/** The developer's side. */
export type VaultProof = DeveloperVault;

/** The developer's side: stores keys and grants apps. */
export const VaultProof = {
  /**
   * Opens a developer client: pins the server's identity, registers on first use.
   *
   * @throws VaultProofError
   */
  open: ({ stateDir, onWarning, fetch, ...options }: VaultProofOptions): Promise<VaultProof> => {
    const folder = stateDir ?? envPaths("vaultproof", { suffix: "" }).data;
    return openDeveloperVault(options, {
      fetch: fetch ?? globalThis.fetch,
      openStateStore: (developer) => createFileStateStore({ folder, developer }),
      warn:
        onWarning ??
        ((message) => process.emitWarning(message, { type: "VaultProofWarning", code: "VP_PIN" })),
    });
  },
  /** A new developer key: `vp_live_…` or `vp_test_…`. */
  generateDeveloperKey,
} as const;
