import type { DeveloperKey } from "@vaultproof/protocol/developer-key";
import { fieldFromHex, fieldToHex } from "@vaultproof/protocol/field";
import { createDeviceFiles, nameDigest } from "./device-files.js";
import { createDeviceSlots, listSlotFiles, type DeviceSlots } from "./device-slots.js";
import { createLogMemory, type LogMemory } from "./log-memory.js";
import type { StateStore } from "./state-store.js";

/** What is remembered of a server: whose it was, and whether this developer is registered there. */
export interface ServerMemory {
  readonly identity: string;
  readonly registered: boolean;
}

/**
 * What is remembered of an app: the secret behind its leaf, and one that was sent to the server without its answer
 * having come back yet.
 */
export interface AppMemory {
  readonly appId: string;
  readonly secret?: bigint;
  readonly pending?: bigint;
}

/** A developer's state on this device, decrypted. Every save has reached the disk when it resolves. */
export interface DeviceState extends DeviceSlots, LogMemory {
  loadServer(origin: string): Promise<ServerMemory | undefined>;
  saveServer(origin: string, server: ServerMemory): Promise<void>;
  /** Forgets a slot with its shares and apps. */
  removeSlot(slotId: string): Promise<void>;
  loadApp(slotId: string, appId: string): Promise<AppMemory | undefined>;
  listApps(slotId: string): Promise<readonly AppMemory[]>;
  saveApp(slotId: string, app: AppMemory): Promise<void>;
  removeApp(slotId: string, appId: string): Promise<void>;
}

/**
 * Files: `server-<digest of origin>`, `app-<slot id>-<digest of app id>`, and those of the slots and of logs; each is JSON encrypted
 * under the developer key and bound to its name. Share 2 inside is encrypted once more under a key of its own, in the form
 * that protocol.md gives it.
 */
export function createDeviceState(store: StateStore, key: DeveloperKey): DeviceState {
  const files = createDeviceFiles(store, key);
  const loadAppFile = async (name: string): Promise<AppMemory | undefined> => {
    const file = await files.load(name);
    return file === undefined ? undefined : readApp(file);
  };
  return {
    ...createDeviceSlots(files, key),
    ...createLogMemory(files),
    loadServer: async (origin) => (await files.load(serverFile(origin))) as ServerMemory | undefined,
    saveServer: (origin, { identity, registered }) =>
      files.save(serverFile(origin), { identity, registered }),
    async removeSlot(slotId) {
      for (const name of await listSlotFiles(files, slotId)) await files.remove(name);
    },
    loadApp: (slotId, appId) => loadAppFile(appFile(slotId, appId)),
    async listApps(slotId) {
      const names = await files.list(`app-${slotId}-`);
      const apps = await Promise.all(names.map(loadAppFile));
      return apps.filter((app) => app !== undefined);
    },
    saveApp: (slotId, { appId, secret, pending }) =>
      files.save(appFile(slotId, appId), {
        appId,
        ...(secret === undefined ? {} : { secret: fieldToHex(secret) }),
        ...(pending === undefined ? {} : { pending: fieldToHex(pending) }),
      }),
    removeApp: (slotId, appId) => files.remove(appFile(slotId, appId)),
  };
}

function readApp(file: Record<string, unknown>): AppMemory {
  const { appId, secret, pending } = file as { appId: string; secret?: string; pending?: string };
  return {
    appId,
    ...(secret === undefined ? {} : { secret: fieldFromHex(secret) }),
    ...(pending === undefined ? {} : { pending: fieldFromHex(pending) }),
  };
}

function serverFile(origin: string): string {
  return `server-${nameDigest("vaultproof server file v1", origin)}`;
}

/** App ids may hold characters that file systems take amiss, and differ in case alone. */
function appFile(slotId: string, appId: string): string {
  return `app-${slotId}-${nameDigest("vaultproof app file v1", appId)}`;
}
