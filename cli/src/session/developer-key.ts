import { deriveDeveloperIdentity, parseDeveloperKey } from "@vaultproof/protocol/developer-key";
import { keyFingerprint } from "@vaultproof/protocol/developer-signature";
import { CliError } from "../errors.js";
import type { SecretStore } from "../state/secret-store.js";

/** keyid of the developer whose key this is. @throws CliError `input-invalid`; never shows the key. */
export function developerIdOf(developerKey: string): string {
  try {
    return keyFingerprint(deriveDeveloperIdentity(parseDeveloperKey(developerKey)).publicKey);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "it is not a developer key";
    throw new CliError("input-invalid", why, { hint: "vaultproof login --new makes a new one" });
  }
}

/** Every developer key that was ever used here stays, by its id: changing between two loses neither. */
export function developerKeyName(developerId: string): string {
  return `developer-key/${developerId}`;
}

/** What is said of a developer's key where another one takes its place. */
export function wayBackTo(developerId: string): string {
  return `stays stored here: vaultproof login --developer ${developerId} goes back to it.`;
}

/** @throws CliError `not-logged-in`. */
export async function loadDeveloperKey(secrets: SecretStore, developerId: string): Promise<string> {
  const key = await secrets.get(developerKeyName(developerId));
  if (key === null) throw new CliError("not-logged-in", "the developer key is not on this device");
  return key;
}
