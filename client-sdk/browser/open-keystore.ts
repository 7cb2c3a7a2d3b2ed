import { VaultProofError } from "../src/sdk-error.js";
import { requireMinutes } from "./keystore-options.js";
import type { Keystore, KeystoreOptions } from "./keystore.js";

const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const AUTO_LOCK_MINUTES = 15;

/**
 * Opens this origin's keystore, empty where there has been none; locked otherwise.
 *
 * @throws VaultProofError `keystore-unavailable` where the browser gives no storage or the page is no secure context,
 *   `state-damaged` for what is no keystore, `invalid-argument`.
 */
export async function openKeystore({
  name = "vaultproof",
  autoLockMinutes = AUTO_LOCK_MINUTES,
}: KeystoreOptions = {}): Promise<Keystore> {
  if (!NAME.test(name)) {
    throw new VaultProofError(
      "invalid-argument",
      "name is 1 to 64 letters, digits, dots, dashes or underscores",
    );
  }
  requireMinutes(autoLockMinutes);
  requirePlatform();
  // Loaded when it is wanted: a page that only makes calls has no keystore.
  const { openLocalKeystore } = await import("./local-keystore.js");
  return openLocalKeystore({ name, autoLockMinutes });
}

function requirePlatform(): void {
  if (!globalThis.isSecureContext) {
    throw new VaultProofError(
      "keystore-unavailable",
      "a keystore needs a page from https:// or from this computer",
    );
  }
  const needed = ["indexedDB", "crypto", "BroadcastChannel", "navigator"] as const;
  const missing = needed.filter((part) => !(part in globalThis));
  if (missing.length === 0 && "locks" in navigator) return;
  throw new VaultProofError("keystore-unavailable", `it lacks ${missing.join(", ") || "Web Locks"}`);
}
