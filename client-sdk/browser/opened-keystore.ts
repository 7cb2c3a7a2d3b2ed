import { deriveDeveloperIdentity, type DeveloperKey } from "@vaultproof/protocol/developer-key";
import { keyFingerprint } from "@vaultproof/protocol/developer-signature";
import { createDeviceFiles, type DeviceFiles } from "../src/device-files.js";
import { createDeviceState, type DeviceState } from "../src/device-state.js";
import { holdDeveloperKey } from "../src/held-developer-key.js";
import { VaultProofError } from "../src/sdk-error.js";
import type { StateStore } from "../src/state-store.js";

/** What there is of a keystore while it is unlocked. Nothing here does anything once it was wiped. */
export interface OpenedKeystore {
  /** Of the header that it came from. */
  readonly id: string;
  readonly developerId: string;
  readonly key: DeveloperKey;
  readonly store: StateStore;
  readonly files: DeviceFiles;
  readonly state: DeviceState;
  /** Overwrites the key's bytes. */
  wipe(): void;
}

/** The service that the developer uses, for recovery kits. */
export interface KeptService {
  readonly url: string;
  readonly serverIdentity: string;
}

const SERVICE_FILE = "keystore-service";

/**
 * @param options.key its bytes are this one's from now on.
 * @param options.onUse before each use of the key; may throw.
 */
export function openedKeystore(options: {
  readonly id: string;
  readonly key: DeveloperKey;
  readonly store: StateStore;
  readonly onUse: () => void;
}): OpenedKeystore {
  const { id, store, onUse } = options;
  const held = holdDeveloperKey(options.key, { owned: true, gone: lockedError, onUse });
  return {
    ...{ id, store, key: held.key },
    developerId: keyFingerprint(deriveDeveloperIdentity(options.key).publicKey),
    files: createDeviceFiles(store, held.key),
    state: createDeviceState(store, held.key),
    wipe: () => held.release(),
  };
}

/** What every use says of a keystore that is locked. */
export function lockedError(): VaultProofError {
  return new VaultProofError("keystore-locked", "unlock it first");
}

export async function saveService(files: DeviceFiles, { url, serverIdentity }: KeptService): Promise<void> {
  await files.save(SERVICE_FILE, { url, serverIdentity });
}

/** @throws VaultProofError `state-missing` before a vault was opened once. */
export async function loadService(files: DeviceFiles): Promise<KeptService> {
  const file = await files.load(SERVICE_FILE);
  if (file !== undefined) return file as unknown as KeptService;
  throw new VaultProofError(
    "state-missing",
    "a recovery kit names the service and its server: open the vault once before making one",
  );
}
