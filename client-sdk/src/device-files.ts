import type { DeveloperKey } from "@vaultproof/protocol/developer-key";
import { bytesToHex, utf8ToBytes } from "@vaultproof/protocol/encoding";
import { digest } from "@vaultproof/protocol/framing";
import { openAtRest, sealAtRest } from "@vaultproof/protocol/share-at-rest";
import { VaultProofError } from "./sdk-error.js";
import type { StateStore } from "./state-store.js";

/** A developer's state as files of JSON, each encrypted under the developer key and bound to its name. */
export interface DeviceFiles {
  load(name: string): Promise<Record<string, unknown> | undefined>;
  /** Has reached the disk when it resolves. */
  save(name: string, content: Readonly<Record<string, unknown>>): Promise<void>;
  remove(name: string): Promise<void>;
  list(prefix: string): Promise<readonly string[]>;
}

const INFO = "vaultproof device state v1";
const FORMAT = 1;

/** Encrypts what goes into the store and opens what comes out of it. */
export function createDeviceFiles(store: StateStore, key: DeveloperKey): DeviceFiles {
  return {
    async load(name) {
      const sealed = await store.read(name);
      return sealed === undefined ? undefined : openFile(key, name, sealed);
    },
    async save(name, content) {
      const plain = utf8ToBytes(JSON.stringify({ format: FORMAT, ...content }));
      try {
        await store.write(name, await sealAtRest(key, { info: INFO, aad: name }, plain));
      } finally {
        plain.fill(0);
      }
    },
    remove: (name) => store.remove(name),
    list: (prefix) => store.list(prefix),
  };
}

/** A part of a file's name that stands for text which file systems may take amiss. */
export function nameDigest(domain: string, text: string): string {
  return bytesToHex(digest(domain, text).subarray(0, 16));
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
    plain.fill(0);
  } catch (cause) {
    // The key was wiped meanwhile; of the file it says nothing.
    if (cause instanceof VaultProofError) throw cause;
    throw new VaultProofError("state-damaged", `${name} was written under another key or is damaged`, {
      cause,
    });
  }
  if (content.format !== FORMAT) {
    throw new VaultProofError("state-damaged", `${name} was written by another version of the SDK`);
  }
  return content;
}
