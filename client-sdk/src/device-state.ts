import type { DeveloperKey } from "@vaultproof/protocol/developer-key";
import { bytesToHex, fromBase64, toBase64, utf8ToBytes } from "@vaultproof/protocol/encoding";
import { fieldFromHex, fieldToHex } from "@vaultproof/protocol/field";
import { digest } from "@vaultproof/protocol/framing";
import { openAtRest, openShareAtRest, sealAtRest, sealShareAtRest } from "@vaultproof/protocol/share-at-rest";
import { VaultProofError } from "./sdk-error.js";
import type { StateStore } from "./state-store.js";

/** What is remembered of a server: whose it was, and whether this developer is registered there. */
export interface ServerMemory {
  readonly identity: string;
  readonly registered: boolean;
}

/** What is remembered of a slot: enough to make further bundles. */
export interface SlotMemory {
  readonly slotId: string;
  readonly slotVersion: number;
  readonly providerOrigin: string;
  readonly share2: Uint8Array<ArrayBuffer>;
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
export interface DeviceState {
  loadServer(origin: string): Promise<ServerMemory | undefined>;
  saveServer(origin: string, server: ServerMemory): Promise<void>;
  loadSlot(slotId: string): Promise<SlotMemory | undefined>;
  saveSlot(slot: SlotMemory): Promise<void>;
  /** Forgets a slot with its apps. */
  removeSlot(slotId: string): Promise<void>;
  loadApp(slotId: string, appId: string): Promise<AppMemory | undefined>;
  saveApp(slotId: string, app: AppMemory): Promise<void>;
  removeApp(slotId: string, appId: string): Promise<void>;
}

const INFO = "vaultproof device state v1";
const FORMAT = 1;

/**
 * Files: `server-<digest of origin>`, `slot-<id>`, `app-<slot id>-<digest of app id>`; each is JSON encrypted under the
 * developer key and bound to its name. Share 2 inside is encrypted once more under a key of its own, in the form that
 * protocol.md gives it.
 */
export function createDeviceState(store: StateStore, key: DeveloperKey): DeviceState {
  const load = async (name: string): Promise<Record<string, unknown> | undefined> => {
    const sealed = await store.read(name);
    return sealed === undefined ? undefined : openFile(key, name, sealed);
  };
  const save = async (name: string, content: Record<string, unknown>): Promise<void> => {
    const plain = utf8ToBytes(JSON.stringify({ format: FORMAT, ...content }));
    await store.write(name, await sealAtRest(key, { info: INFO, aad: name }, plain));
  };
  return {
    loadServer: async (origin) => (await load(serverFile(origin))) as ServerMemory | undefined,
    saveServer: (origin, { identity, registered }) => save(serverFile(origin), { identity, registered }),
    loadSlot: async (slotId) => {
      const file = (await load(slotFile(slotId))) as
        (Omit<SlotMemory, "share2"> & { share2: string }) | undefined;
      if (file === undefined) return undefined;
      return { ...file, share2: await openShareAtRest(key, slotId, fromBase64(file.share2)) };
    },
    saveSlot: async ({ slotId, slotVersion, providerOrigin, share2 }) => {
      const sealed = toBase64(await sealShareAtRest(key, slotId, share2));
      await save(slotFile(slotId), { slotId, slotVersion, providerOrigin, share2: sealed });
    },
    removeSlot: async (slotId) => {
      const names = [...(await store.list(`app-${slotId}-`)), slotFile(slotId)];
      for (const name of names) await store.remove(name);
    },
    loadApp: async (slotId, appId) => {
      const file = await load(appFile(slotId, appId));
      return file === undefined ? undefined : readApp(file);
    },
    saveApp: (slotId, { appId, secret, pending }) =>
      save(appFile(slotId, appId), {
        appId,
        ...(secret === undefined ? {} : { secret: fieldToHex(secret) }),
        ...(pending === undefined ? {} : { pending: fieldToHex(pending) }),
      }),
    removeApp: (slotId, appId) => store.remove(appFile(slotId, appId)),
  };
}

async function openFile(
  key: DeveloperKey,
  name: string,
  sealed: Uint8Array,
): Promise<Record<string, unknown>> {
  let content: Record<string, unknown>;
  try {
    const plain = await openAtRest(key, { info: INFO, aad: name }, sealed);
    content = JSON.parse(new TextDecoder().decode(plain)) as Record<string, unknown>;
  } catch (cause) {
    throw new VaultProofError("state-damaged", `${name} was written under another key or is damaged`, {
      cause,
    });
  }
  if (content.format !== FORMAT) {
    throw new VaultProofError("state-damaged", `${name} was written by another version of the SDK`);
  }
  return content;
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
  return `server-${shortDigest("vaultproof server file v1", origin)}`;
}

function slotFile(slotId: string): string {
  return `slot-${slotId}`;
}

/** App ids may hold characters that file systems take amiss, and differ in case alone. */
function appFile(slotId: string, appId: string): string {
  return `app-${slotId}-${shortDigest("vaultproof app file v1", appId)}`;
}

function shortDigest(domain: string, text: string): string {
  return bytesToHex(digest(domain, text).subarray(0, 16));
}
