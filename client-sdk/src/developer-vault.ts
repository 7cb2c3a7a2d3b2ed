import { manifest } from "@vaultproof/circuits/manifest";
import {
  deriveDeveloperIdentity,
  DeveloperKeyError,
  parseDeveloperKey,
  type DeveloperKey,
} from "@vaultproof/protocol/developer-key";
import { keyFingerprint } from "@vaultproof/protocol/developer-signature";
import type { LogsAnswer } from "@vaultproof/protocol/log-routes";
import { createAppOperations, type AppOperations } from "./app-operations.js";
import { openDeveloperSession } from "./developer-session.js";
import { createDeviceState } from "./device-state.js";
import { holdDeveloperKey, type HeldDeveloperKey } from "./held-developer-key.js";
import { createKeyOperations, type KeyOperations } from "./key-operations.js";
import { makeRecoveryKit } from "./make-recovery-kit.js";
import type { LogExport } from "./log-export.js";
import { createLogOperations, type LogOperations, type LogPageOptions } from "./log-operations.js";
import { redact } from "./redacted.js";
import { VaultProofError } from "./sdk-error.js";
import { createServiceConnection, type Observer, type ServiceConnection } from "./service-connection.js";
import type { StateStore } from "./state-store.js";
import { createStatsOperations, type StatsOperations } from "./stats-operations.js";

/** What a developer client is opened with, whatever the platform. */
export interface VaultOptions {
  /** Origin of the service; `https://`, or `http://` on loopback. */
  readonly url: string | URL;
  /** `vp_live_…` or `vp_test_…`, or such a key parsed, which stays the caller's to wipe; never sent. */
  readonly developerKey: string | DeveloperKey;
  /** Fingerprint of the server's identity, 43 characters, as the server prints it at start. */
  readonly serverIdentity?: string | undefined;
  /** What the server's operator gave out, where registration is by invite; good for one developer key. */
  readonly inviteToken?: string | undefined;
  /** Sees each request as it is sent. */
  readonly observe?: Observer | undefined;
}

/** What the platform supplies. */
export interface VaultPlatform {
  readonly fetch: typeof fetch;
  /** The store for one developer, named by the fingerprint of the public key. */
  readonly openStateStore: (developer: string) => StateStore;
  readonly warn: (message: string) => void;
  /** Milliseconds; the device's clock when left out. */
  readonly localNow?: (() => number) | undefined;
}

/** A developer's client: stores keys and says which apps may use them. */
export interface DeveloperVault {
  readonly keys: KeyOperations;
  readonly apps: AppOperations;
  readonly stats: StatsOperations;
  /**
   * Everything that another device needs to go on, the developer key and all shares and apps of this device included,
   * encrypted under a passphrase of 12 characters or more. Make a new one after slots and apps have changed.
   *
   * @returns text that begins with `vpk_`.
   * @throws VaultProofError `invalid-argument` for a passphrase that is too short.
   */
  recoveryKit(passphrase: string): Promise<string>;
  /** What this developer managed, refusals included, newest first. */
  logs(page?: LogPageOptions): Promise<LogsAnswer>;
  /**
   * All that is kept of it, to be checked with `verifyLog`.
   *
   * @throws VaultProofError as `keys.exportLogs` does.
   */
  exportLogs(): Promise<LogExport>;
  /** Fingerprint of the server's pinned identity. */
  readonly serverIdentity: string;
  /** keyid of this developer. */
  readonly developerId: string;
  /** Refuses further use, and wipes the developer key once what is under way has ended. */
  close(): Promise<void>;
}

const FINGERPRINT = /^[A-Za-z0-9_-]{43}$/;

/**
 * Opens a developer client: pins the server's identity and registers the developer on first use.
 *
 * @throws VaultProofError
 */
export async function openDeveloperVault(
  options: VaultOptions,
  platform: VaultPlatform,
): Promise<DeveloperVault> {
  const { serverIdentity } = options;
  if (serverIdentity !== undefined && !FINGERPRINT.test(serverIdentity)) {
    throw new VaultProofError("invalid-argument", "serverIdentity is a fingerprint of 43 characters");
  }
  const connection = createServiceConnection({
    url: options.url,
    fetch: platform.fetch,
    observe: options.observe,
    localNow: platform.localNow,
  });
  const held = holdGiven(options.developerKey);
  try {
    return await openHeld(options, platform, { held, connection });
  } catch (error) {
    held.release();
    throw error;
  }
}

async function openHeld(
  options: VaultOptions,
  platform: VaultPlatform,
  { held, connection }: { readonly held: HeldDeveloperKey; readonly connection: ServiceConnection },
): Promise<DeveloperVault> {
  const { key } = held;
  const developerId = keyFingerprint(deriveDeveloperIdentity(key).publicKey);
  const state = createDeviceState(platform.openStateStore(developerId), key);
  const session = await openDeveloperSession({
    ...{ connection, key, state, manifest },
    serverIdentity: options.serverIdentity,
    inviteToken: readInvite(options.inviteToken),
    warn: platform.warn,
  });
  const about = { url: connection.origin, serverIdentity: session.documents.fingerprint };
  const logs = createLogOperations(session);
  return assemble({
    keys: createKeyOperations(session, logs),
    logs,
    apps: createAppOperations(session),
    stats: createStatsOperations(session),
    makeKit: (passphrase) => makeRecoveryKit({ ...about, key, state }, passphrase),
    developerId,
    held,
    ...about,
  });
}

function holdGiven(given: string | DeveloperKey): HeldDeveloperKey {
  const owned = typeof given === "string";
  const gone = (): VaultProofError => new VaultProofError("closed", "open another one");
  return holdDeveloperKey(owned ? readDeveloperKey(given) : given, { owned, gone });
}

/** As a variable of the environment or a copied line comes. */
function readInvite(given: unknown = ""): string | undefined {
  if (typeof given !== "string") throw new VaultProofError("invalid-argument", "inviteToken is text");
  const token = given.trim();
  return token === "" ? undefined : token;
}

/** Reads a developer key. Throws VaultProofError `invalid-argument`; never holds the text. */
export function readDeveloperKey(text: string): DeveloperKey {
  try {
    return parseDeveloperKey(text);
  } catch (cause) {
    if (!(cause instanceof DeveloperKeyError)) throw cause;
    throw new VaultProofError("invalid-argument", cause.message);
  }
}

function assemble(parts: {
  readonly keys: KeyOperations;
  readonly apps: AppOperations;
  readonly stats: StatsOperations;
  readonly makeKit: (passphrase: string) => Promise<string>;
  readonly logs: LogOperations;
  readonly serverIdentity: string;
  readonly developerId: string;
  readonly url: string;
  readonly held: HeldDeveloperKey;
}): DeveloperVault {
  const { keys, apps, stats, logs, makeKit, serverIdentity, developerId, url, held } = parts;
  let closed = false;
  let running = 0;
  const letGo = (): void => {
    if (closed && running === 0) held.release();
  };
  const open = async <T>(work: () => Promise<T>): Promise<T> => {
    if (closed) throw new VaultProofError("closed", "open another one");
    // The key may be another's, who has wiped it.
    held.require();
    running++;
    try {
      return await work();
    } finally {
      running--;
      letGo();
    }
  };
  const vault: DeveloperVault = {
    keys: {
      store: (options) => open(() => keys.store(options)),
      list: () => open(() => keys.list()),
      rotate: (keySlotId, options) => open(() => keys.rotate(keySlotId, options)),
      refresh: (keySlotId) => open(() => keys.refresh(keySlotId)),
      revoke: (keySlotId) => open(() => keys.revoke(keySlotId)),
      logs: (keySlotId, page) => open(() => keys.logs(keySlotId, page)),
      exportLogs: (keySlotId) => open(() => keys.exportLogs(keySlotId)),
    },
    apps: {
      grant: (keySlotId, appId, restrictions) => open(() => apps.grant(keySlotId, appId, restrictions)),
      revoke: (keySlotId, appId) => open(() => apps.revoke(keySlotId, appId)),
      bundle: (keySlotId, appId) => open(() => apps.bundle(keySlotId, appId)),
    },
    stats: {
      overview: () => open(() => stats.overview()),
      usage: (options) => open(() => stats.usage(options)),
      byKey: () => open(() => stats.byKey()),
    },
    recoveryKit: (passphrase) => open(() => makeKit(passphrase)),
    logs: (page) => open(() => logs.ofDeveloper(page)),
    exportLogs: () => open(() => logs.exportDeveloper()),
    serverIdentity,
    developerId,
    close: () => {
      closed = true;
      letGo();
      return Promise.resolve();
    },
  };
  redact(vault, "VaultProof", () => ({ url, serverIdentity, developerId }));
  return vault;
}
