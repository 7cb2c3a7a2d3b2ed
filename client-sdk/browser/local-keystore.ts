import {
  formatDeveloperKey,
  type DeveloperKey,
  type DeveloperKeyKind,
} from "@vaultproof/protocol/developer-key";
import { createDeviceFiles } from "../src/device-files.js";
import { createDeviceState } from "../src/device-state.js";
import { openDeveloperVault, readDeveloperKey, type DeveloperVault } from "../src/developer-vault.js";
import { newDeveloperKey } from "../src/generate-developer-key.js";
import { mergeKit, readKitContent } from "../src/kit-content.js";
import { makeRecoveryKit } from "../src/make-recovery-kit.js";
import { createMemoryStateStore } from "../src/memory-state-store.js";
import { openRecoveryKit } from "../src/recovery-kit.js";
import { redact } from "../src/redacted.js";
import { VaultProofError } from "../src/sdk-error.js";
import { browserPlatform } from "./browser-platform.js";
import { listKeptBundles, removeKeptBundle, saveKeptBundle } from "./keystore-bundles.js";
import { openKeystoreDatabase, type KeystoreDatabase } from "./keystore-database.js";
import type { KeystoreHeader } from "./keystore-header.js";
import { createKeystoreLatch, type KeystoreLatch } from "./keystore-latch.js";
import { requireProtection, wrongPassphrase } from "./keystore-protection.js";
import { openKeystoreHeader, resealKeystore, sealKeystore } from "./keystore-seal.js";
import { requireMinutes } from "./keystore-options.js";
import { joinTabs } from "./keystore-tabs.js";
import type { Keystore, KeystoreProtection, KeystoreUnlock, KeystoreVaultOptions } from "./keystore.js";
import { loadService, lockedError, saveService } from "./opened-keystore.js";

/** What all operations work on. */
interface Parts {
  readonly latch: KeystoreLatch;
  readonly database: KeystoreDatabase;
}

/** Reads what there is, and opens the keystore over it. */
export async function openLocalKeystore(options: {
  readonly name: string;
  readonly autoLockMinutes: number;
}): Promise<Keystore> {
  const database = openKeystoreDatabase(options.name);
  return createLocalKeystore({ ...options, database, header: await database.header() });
}

/** Removes whatever there is under a name, and tells the other tabs. */
export async function deleteLocalKeystore(name: string): Promise<void> {
  await openKeystoreDatabase(name).remove();
  const tabs = joinTabs(name, () => undefined);
  tabs.tell("changed");
  tabs.close();
}

function createLocalKeystore(options: {
  readonly name: string;
  readonly autoLockMinutes: number;
  readonly database: KeystoreDatabase;
  readonly header: KeystoreHeader | undefined;
}): Keystore {
  const { database } = options;
  const latch = createKeystoreLatch(options);
  const parts: Parts = { latch, database };
  const { listeners } = latch;
  const keystore: Keystore = {
    get state() {
      return latch.state;
    },
    get protection() {
      return protectionOf(latch.header);
    },
    get developerId() {
      return latch.opened?.developerId;
    },
    get autoLockMinutes() {
      return latch.autoLockMinutes;
    },
    setAutoLockMinutes: (minutes) => setAutoLockMinutes(parts, minutes),
    isUnlocked: () => latch.state === "unlocked",
    initialize: (how) => initialize(parts, how),
    unlock: (how) => unlock(parts, how),
    lock: () => latch.lock("everywhere"),
    changePassphrase: (current, next) => changePassphrase(parts, current, next),
    revealDeveloperKey: () =>
      latch.use(({ key }) => Promise.resolve(formatDeveloperKey(key.kind, key.secret))),
    exportRecoveryKit: (passphrase) =>
      latch.use(async ({ key, files, state }) =>
        makeRecoveryKit({ key, state, ...(await loadService(files)) }, passphrase),
      ),
    import: (kit, kitPassphrase, how) => importKit(parts, { kit, kitPassphrase, how }),
    delete: async () => {
      latch.lock("everywhere");
      await database.remove();
      latch.wrote(undefined);
    },
    openVault: (about) => openVault(latch, about),
    listBundles: () => latch.use(({ files }) => listKeptBundles(files)),
    saveBundle: (kept) => latch.use(({ files }) => saveKeptBundle(files, kept)),
    removeBundle: (slotId, appId) => latch.use(({ files }) => removeKeptBundle(files, slotId, appId)),
    subscribe(listener) {
      // One of its own, so that subscribing twice is twice.
      const own = (): void => listener();
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    close() {
      latch.close();
      database.close();
    },
  };
  redact(keystore, "Keystore", () => ({ name: options.name, state: latch.state }));
  return keystore;
}

function protectionOf(header: KeystoreHeader | undefined): Keystore["protection"] {
  if (header === undefined) return undefined;
  return header.protection.type === "passkey" ? "passkey" : "passphrase";
}

async function initialize(
  parts: Parts,
  how: KeystoreProtection & { readonly developerKey?: string; readonly kind?: DeveloperKeyKind },
): Promise<void> {
  requireProtection(how);
  const { developerKey, kind = "live" } = how;
  const key = developerKey === undefined ? newDeveloperKey(kind) : readDeveloperKey(developerKey);
  await fill(parts, { key, how, files: new Map() });
}

async function importKit(
  parts: Parts,
  about: { readonly kit: string; readonly kitPassphrase: string; readonly how: KeystoreProtection },
): Promise<{ readonly url: string; readonly serverIdentity: string }> {
  const { kit, kitPassphrase, how } = about;
  requireProtection(how);
  await requireEmpty(parts);
  const content = readKitContent(await openRecoveryKit(kit, kitPassphrase));
  const { url, serverIdentity } = content;
  const key = readDeveloperKey(content.developerKey);
  const store = createMemoryStateStore();
  await mergeKit(createDeviceState(store, key), key, content);
  await saveService(createDeviceFiles(store, key), { url, serverIdentity });
  await fill(parts, { key, how, files: store.files });
  return { url, serverIdentity };
}

/** Writes a new keystore in one transaction and opens it; the key's bytes are not the caller's any more. */
async function fill(
  parts: Parts,
  about: {
    readonly key: DeveloperKey;
    readonly how: KeystoreProtection;
    readonly files: ReadonlyMap<string, Uint8Array>;
  },
): Promise<void> {
  const { latch, database } = parts;
  const { key, how, files } = about;
  const { wasLocked } = latch.watch();
  let adopted = false;
  try {
    await requireEmpty(parts);
    // Says yes or no without asking anybody, or asks; the keystore works either way.
    void navigator.storage.persist().catch(() => undefined);
    const header = await sealKeystore(key, how);
    if (!(await database.create(header, files))) throw exists();
    adopted = !wasLocked();
    latch.wrote(header, adopted ? key : undefined);
    if (!adopted) throw lockedError();
  } finally {
    if (!adopted) key.secret.fill(0);
  }
}

/** Before anything dear is done, or a passkey made. Another tab may still be first. */
async function requireEmpty({ latch }: Parts): Promise<void> {
  if ((await latch.reload()) !== undefined) throw exists();
}

async function unlock({ latch, database }: Parts, how: KeystoreUnlock): Promise<void> {
  const { wasLocked } = latch.watch();
  const header = await requireHeader(latch);
  const key = await openKeystoreHeader(header, how);
  let adopted = false;
  try {
    // Another tab may have deleted it, and begun another, while the passphrase was tried.
    const now = await database.header();
    if (wasLocked() || now?.id !== header.id) throw lockedError();
    latch.adopt(now, key);
    adopted = true;
  } finally {
    if (!adopted) key.secret.fill(0);
  }
}

async function changePassphrase(
  { latch, database }: Parts,
  current: KeystoreUnlock,
  next: KeystoreProtection,
): Promise<void> {
  requireProtection(next);
  const header = await requireHeader(latch);
  const changed = await resealKeystore(header, current, next);
  const written = await database.update(header.id, (found) =>
    found.revision === header.revision ? { ...found, ...changed } : undefined,
  );
  if (written === undefined) {
    await latch.reload();
    throw wrongPassphrase();
  }
  latch.wrote(written);
}

async function setAutoLockMinutes({ latch, database }: Parts, minutes: number): Promise<void> {
  requireMinutes(minutes);
  const written = await latch.use(({ id }) =>
    database.update(id, (found) => ({ ...found, autoLockMinutes: minutes })),
  );
  if (written === undefined) throw lockedError();
  latch.wrote(written);
}

async function requireHeader(latch: KeystoreLatch): Promise<KeystoreHeader> {
  const header = await latch.reload();
  if (header !== undefined) return header;
  throw new VaultProofError("keystore-empty", "initialize it, or import a recovery kit");
}

function openVault(
  latch: KeystoreLatch,
  { onWarning, fetch, ...options }: KeystoreVaultOptions,
): Promise<DeveloperVault> {
  return latch.use(async ({ key, store, files }) => {
    const platform = browserPlatform({ onWarning, fetch }, () => store);
    const vault = await openDeveloperVault({ ...options, developerKey: key }, platform);
    const { serverIdentity } = vault;
    await saveService(files, { url: new URL(options.url).origin, serverIdentity });
    return vault;
  });
}

function exists(): VaultProofError {
  return new VaultProofError("keystore-exists", "delete it first, or unlock it");
}
