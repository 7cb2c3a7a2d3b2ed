import type { StateStore } from "./state-store.js";

/** A store that is written elsewhere all at once when it is whole. */
export interface MemoryStateStore extends StateStore {
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export function createMemoryStateStore(): MemoryStateStore {
  const files = new Map<string, Uint8Array>();
  return {
    files,
    read: (name) => Promise.resolve(files.get(name)),
    write: (name, bytes) => Promise.resolve(void files.set(name, bytes)),
    remove: (name) => Promise.resolve(void files.delete(name)),
    list: (prefix) => Promise.resolve([...files.keys()].filter((name) => name.startsWith(prefix))),
  };
}
