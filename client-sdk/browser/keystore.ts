import type { DeveloperKeyKind } from "@vaultproof/protocol/developer-key";
import type { DeveloperVault, VaultOptions } from "../src/developer-vault.js";

/** Whether there is anything in the keystore, and whether it can be used now. */
export type KeystoreState = "empty" | "locked" | "unlocked";

/** How a keystore is opened: a passphrase of 12 characters or more, or a passkey of this device (WebAuthn PRF). */
export type KeystoreProtection =
  { readonly passphrase: string } | { readonly passkey: { readonly userName: string } };

/** What opens it again. */
export type KeystoreUnlock = { readonly passphrase: string } | { readonly passkey: true };

/** An app's bundle as the keystore keeps it, so that this page can make calls. */
export interface KeptBundle {
  readonly keySlotId: string;
  readonly appId: string;
  /** `vpb_…`, a bearer secret. */
  readonly bundle: string;
}

/** Where a browser keeps a developer's key, shares and bundles: IndexedDB, encrypted; one keystore an origin and name. */
export interface Keystore {
  readonly state: KeystoreState;
  isUnlocked(): boolean;
  /** How it is opened; undefined while it is empty. */
  readonly protection: "passphrase" | "passkey" | undefined;
  /** keyid of the developer while unlocked; undefined otherwise. */
  readonly developerId: string | undefined;
  /**
   * Puts a developer key into an empty keystore and leaves it unlocked. Asks the browser not to clear this site's data.
   *
   * @param options.developerKey left out: a new one of `kind`.
   * @throws VaultProofError `invalid-argument` for a bad key or a short passphrase, `keystore-exists` where one is already.
   */
  initialize(
    options: KeystoreProtection & { readonly developerKey?: string; readonly kind?: DeveloperKeyKind },
  ): Promise<void>;
  /**
   * Unlocks it. Where it is unlocked already, checks all the same that this would, so that a page can ask again before
   * it shows what is secret.
   *
   * @throws VaultProofError `wrong-passphrase`, whatever of it was wrong; `keystore-empty`; `passkey-unused` where the person
   *   or the browser refused; `keystore-locked` if `lock` came meanwhile.
   */
  unlock(how: KeystoreUnlock): Promise<void>;
  /** Minutes without use after which it locks itself, 0 for never; kept with the keystore. */
  readonly autoLockMinutes: number;
  /** Changes that from now on, in every tab. @throws VaultProofError `keystore-locked`, `invalid-argument`. */
  setAutoLockMinutes(minutes: number): Promise<void>;
  /** Wipes what was decrypted, here and in every other tab. */
  lock(): void;
  /**
   * Puts something else in the place of what opens it: the old passphrase or passkey opens it no more. Locked or unlocked, it stays so.
   *
   * @throws VaultProofError `wrong-passphrase`, also where another tab has changed it meanwhile; `keystore-empty`.
   */
  changePassphrase(current: KeystoreUnlock, next: KeystoreProtection): Promise<void>;
  /** The developer key as text, to be shown once. @throws VaultProofError `keystore-locked` */
  revealDeveloperKey(): Promise<string>;
  /**
   * `vpk_…`: everything another device needs, under a passphrase of its own.
   *
   * @throws VaultProofError `keystore-locked`; `state-missing` before a vault was opened once: a kit names its server;
   *   `invalid-argument` for a passphrase that is too short.
   */
  exportRecoveryKit(passphrase: string): Promise<string>;
  /**
   * Fills an empty keystore from a recovery kit and leaves it unlocked.
   *
   * @returns the service and server that the kit names.
   * @throws VaultProofError `kit-invalid`, `wrong-passphrase` for the kit's passphrase, `keystore-exists`.
   */
  import(
    kit: string,
    kitPassphrase: string,
    protection: KeystoreProtection,
  ): Promise<{ readonly url: string; readonly serverIdentity: string }>;
  /** Removes everything of it from this browser. What is stored nowhere else is gone. */
  delete(): Promise<void>;
  /**
   * Opens the developer's client with the key in here; closed by `lock`.
   *
   * @throws VaultProofError `keystore-locked` and whatever opening a vault says.
   */
  openVault(options: KeystoreVaultOptions): Promise<DeveloperVault>;
  /** Bundles of apps that this browser calls as. @throws VaultProofError `keystore-locked` */
  listBundles(): Promise<readonly KeptBundle[]>;
  /** @throws VaultProofError `invalid-argument` for what is no bundle of that slot and app; `keystore-locked`. */
  saveBundle(kept: KeptBundle): Promise<void>;
  removeBundle(keySlotId: string, appId: string): Promise<void>;
  /** Called after each change of `state`, by whichever tab; returns what ends it. */
  subscribe(listener: () => void): () => void;
  /** Stops listening to other tabs and timers, and locks this one. */
  close(): void;
}

/** What a vault is opened with, apart from the key. */
export interface KeystoreVaultOptions extends Omit<VaultOptions, "developerKey"> {
  /** Told of what a developer should know; left out: `console.warn`. */
  readonly onWarning?: ((message: string) => void) | undefined;
  readonly fetch?: typeof fetch | undefined;
}

/** What `openKeystore` takes. */
export interface KeystoreOptions {
  /** Apart from others on this origin; `vaultproof` unless told. */
  readonly name?: string | undefined;
  /** Minutes without use after which it locks itself, until `setAutoLockMinutes` says otherwise; 15 unless told, 0 for never. */
  readonly autoLockMinutes?: number | undefined;
}
