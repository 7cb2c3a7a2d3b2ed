import { openDeveloperVault, type DeveloperVault, type VaultOptions } from "../src/developer-vault.js";
import { restoreDeveloperVault, type RestoreOptions } from "../src/restore-vault.js";
import { browserPlatform, type BrowserPlatformOptions } from "./browser-platform.js";
import { createIndexedStateStore } from "./indexed-state-store.js";

export { readRecoveryKit } from "../src/restore-vault.js";

/** A vault whose key the program keeps; its state in IndexedDB, under the developer's fingerprint. */
export function openBrowserVault({
  onWarning,
  fetch,
  ...options
}: VaultOptions & BrowserPlatformOptions): Promise<DeveloperVault> {
  return openDeveloperVault(options, platform({ onWarning, fetch }));
}

/** Adds a kit's state to it, and opens it. */
export function restoreBrowserVault({
  onWarning,
  fetch,
  ...options
}: RestoreOptions &
  BrowserPlatformOptions & { readonly kit: string; readonly passphrase: string }): Promise<DeveloperVault> {
  return restoreDeveloperVault(options, platform({ onWarning, fetch }));
}

function platform(options: BrowserPlatformOptions) {
  return browserPlatform(options, (developer) => createIndexedStateStore({ developer }));
}
