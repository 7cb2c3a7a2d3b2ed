import { VaultProofError } from "../src/sdk-error.js";
import { requireMinutes } from "./keystore-options.js";
import type { Keystore, KeystoreOptions } from "./keystore.js";

const DEFAULT_NAME = "vaultproof";
const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const AUTO_LOCK_MINUTES = 15;

/**
 * Opens this origin's keystore, empty where there has been none; locked otherwise.
 *
 * @throws VaultProofError `keystore-unavailable` where the browser gives no storage or the page is no secure context,
 *   `state-damaged` for what is no keystore, `invalid-argument`.
 */
export async function openKeystore({
  name = DEFAULT_NAME,
  autoLockMinutes = AUTO_LOCK_MINUTES,
}: KeystoreOptions = {}): Promise<Keystore> {
  requireName(name);
  requireMinutes(autoLockMinutes);
  requirePlatform();
  // Loaded when it is wanted: a page that only makes calls has no keystore.
  const { openLocalKeystore } = await import("./local-keystore.js");
  return openLocalKeystore({ name, autoLockMinutes });
}

/**
 * Removes a keystore that cannot be opened; one that can has `delete`.
 *
 * @throws VaultProofError `keystore-unavailable`, `invalid-argument`.
 */
export async function deleteKeystore({
  name = DEFAULT_NAME,
}: Pick<KeystoreOptions, "name"> = {}): Promise<void> {
  requireName(name);
  requirePlatform();
  const { deleteLocalKeystore } = await import("./local-keystore.js");
  await deleteLocalKeystore(name);
}

function requireName(name: string): void {
  if (NAME.test(name)) return;
  throw new VaultProofError(
    "invalid-argument",
    "name is 1 to 64 letters, digits, dots, dashes or underscores",
  );
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
