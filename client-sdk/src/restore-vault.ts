import { deriveDeveloperIdentity } from "@vaultproof/protocol/developer-key";
import { keyFingerprint } from "@vaultproof/protocol/developer-signature";
import {
  openDeveloperVault,
  readDeveloperKey,
  type DeveloperVault,
  type VaultOptions,
  type VaultPlatform,
} from "./developer-vault.js";
import { createDeviceState } from "./device-state.js";
import { mergeKit, readKitContent } from "./kit-content.js";
import { openRecoveryKit } from "./recovery-kit.js";

/** What stands in place of what the kit says, for a service that has moved or a server with a new identity. */
export type RestoreOptions = Partial<Omit<VaultOptions, "developerKey">>;

/** What opens a vault: the part of a kit that a program keeps elsewhere than in the state. */
export interface KitOwner {
  readonly developerKey: string;
  readonly url: string;
  readonly serverIdentity: string;
}

/**
 * Who a kit is of; no state is touched.
 *
 * @throws VaultProofError `kit-invalid`, `wrong-passphrase`.
 */
export async function readRecoveryKit(kit: string, passphrase: string): Promise<KitOwner> {
  const { developerKey, url, serverIdentity } = readKitContent(await openRecoveryKit(kit, passphrase));
  return { developerKey, url, serverIdentity };
}

/**
 * Adds a kit's state to this device's, and opens the vault. Nothing that is here is written over; doing it twice is the same as
 * once.
 *
 * @throws VaultProofError `kit-invalid`, `wrong-passphrase`, and everything that opening a vault may say; then the state is
 *   here all the same.
 */
export async function restoreDeveloperVault(
  { kit, passphrase, ...options }: RestoreOptions & { readonly kit: string; readonly passphrase: string },
  platform: VaultPlatform,
): Promise<DeveloperVault> {
  const content = readKitContent(await openRecoveryKit(kit, passphrase));
  const { developerKey } = content;
  const key = readDeveloperKey(developerKey);
  const developerId = keyFingerprint(deriveDeveloperIdentity(key).publicKey);
  await mergeKit(createDeviceState(platform.openStateStore(developerId), key), key, content);
  const { url = content.url, serverIdentity = content.serverIdentity } = options;
  return openDeveloperVault({ ...options, developerKey, url, serverIdentity }, platform);
}
