import type { DBSchema, IDBPDatabase } from "idb";
import type { StateStore } from "../src/state-store.js";
import { createIndexedDatabase } from "./indexed-database.js";

interface StateSchema extends DBSchema {
  /** By `<developer>/<name>`. */
  files: { key: string; value: Uint8Array };
}

/** The database of developers who keep their key elsewhere. */
const DATABASE = "vaultproof state";

/** A developer's state in IndexedDB, each write on the disk when it resolves; the files come encrypted. */
export function createIndexedStateStore({ developer }: { readonly developer: string }): StateStore {
  const database = createIndexedDatabase<StateSchema>({ name: DATABASE, upgrade: makeFiles });
  const keyOf = (name: string): string => `${developer}/${name}`;
  return {
    read: (name) => database.use((open) => open.get("files", keyOf(name))),
    write: (name, bytes) =>
      database.use(async (open) => {
        const change = open.transaction("files", "readwrite", { durability: "strict" });
        await Promise.all([change.store.put(new Uint8Array(bytes), keyOf(name)), change.done]);
      }),
    remove: (name) => database.use((open) => open.delete("files", keyOf(name))),
    list: (prefix) =>
      database.use(async (open) => {
        const keys = await open.getAllKeys("files", beginningWith(keyOf(prefix)));
        return keys.map((key) => key.slice(keyOf("").length));
      }),
  };
}

/** All keys of plain characters that begin so. */
export function beginningWith(prefix: string): IDBKeyRange {
  return IDBKeyRange.bound(prefix, `${prefix}\uffff`);
}

function makeFiles(database: IDBPDatabase<StateSchema>): void {
  database.createObjectStore("files");
}
