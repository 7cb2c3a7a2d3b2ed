import type { VaultPlatform } from "../src/developer-vault.js";

/** What a browser's platform is told. */
export interface BrowserPlatformOptions {
  /** Told of what a developer should know; left out: `console.warn`. */
  readonly onWarning?: ((message: string) => void) | undefined;
  readonly fetch?: typeof fetch | undefined;
}

/** Ties a developer client to this browser. */
export function browserPlatform(
  { onWarning, fetch }: BrowserPlatformOptions,
  openStateStore: VaultPlatform["openStateStore"],
): VaultPlatform {
  return {
    // A browser's fetch insists on being called on its window.
    fetch: fetch ?? ((input, init) => globalThis.fetch(input, init)),
    openStateStore,
    warn: onWarning ?? ((message) => console.warn(message)),
  };
}
