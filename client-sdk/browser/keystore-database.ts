import type { DBSchema, IDBPDatabase, IDBPObjectStore } from "idb";
import { VaultProofError } from "../src/sdk-error.js";
import type { StateStore } from "../src/state-store.js";
import { createIndexedDatabase } from "./indexed-database.js";
import { beginningWith } from "./indexed-state-store.js";
import { readHeader, type KeystoreHeader } from "./keystore-header.js";

/** The header and the developer's encrypted files. Every change is one transaction, on the disk when it resolves. */
export interface KeystoreDatabase {
  /** Throws VaultProofError `state-damaged` for what is no header. */
  header(): Promise<KeystoreHeader | undefined>;
  /** Fills an empty keystore; false, and nothing changed, where it is not empty. */
  create(header: KeystoreHeader, files: ReadonlyMap<string, Uint8Array>): Promise<boolean>;
  /**
   * Changes the header of one keystore.
   *
   * @param change says what takes its place; undefined for nothing.
   * @returns what stands there now; undefined if nothing was changed.
   */
  update(
    id: string,
    change: (found: KeystoreHeader) => KeystoreHeader | undefined,
  ): Promise<KeystoreHeader | undefined>;
  /** The files of one keystore, by the id in its header; they are out of reach once another stands in its place. */
  files(id: string): StateStore;
  remove(): Promise<void>;
  close(): void;
}

interface KeystoreSchema extends DBSchema {
  header: { key: string; value: KeystoreHeader };
  files: { key: string; value: Uint8Array };
}

type Open = IDBPDatabase<KeystoreSchema>;
type Files<Mode extends IDBTransactionMode> = IDBPObjectStore<KeystoreSchema, typeof BOTH, "files", Mode>;

const HEADER = "header";
const BOTH = ["header", "files"] as const;
const STRICT = { durability: "strict" } as const;

/** @param name of the keystore, not of the database. */
export function openKeystoreDatabase(name: string): KeystoreDatabase {
  const databaseName = `vaultproof keystore ${name}`;
  const database = createIndexedDatabase<KeystoreSchema>({ name: databaseName, upgrade: makeStores });
  // Between emptying a database and removing it, no other tab may fill it.
  const alone = <T>(work: () => Promise<T>): Promise<T> => navigator.locks.request(databaseName, work);
  return {
    header: () => database.use(async (open) => readHeader(await open.get("header", HEADER))),
    create: (header, files) => alone(() => database.use((open) => fill(open, header, files))),
    update: (id, change) => database.use((open) => changeHeader(open, id, change)),
    files: (id) => ({
      read: (file) => database.use((open) => readFiles(open, id, (files) => files.get(file))),
      write: (file, bytes) =>
        database.use((open) => changeFiles(open, id, (files) => files.put(new Uint8Array(bytes), file))),
      remove: (file) => database.use((open) => changeFiles(open, id, (files) => files.delete(file))),
      list: (prefix) =>
        database.use((open) => readFiles(open, id, (files) => files.getAllKeys(beginningWith(prefix)))),
    }),
    remove: () =>
      alone(async () => {
        await database.use(async (open) => {
          const change = open.transaction(BOTH, "readwrite", STRICT);
          const emptied = BOTH.map((name) => change.objectStore(name).clear());
          await Promise.all([...emptied, change.done]);
        });
        await database.remove();
      }),
    close: () => database.close(),
  };
}

async function fill(
  open: Open,
  header: KeystoreHeader,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<boolean> {
  const change = open.transaction(BOTH, "readwrite", STRICT);
  const isEmpty = (await change.objectStore("header").count()) === 0;
  if (isEmpty) {
    const store = change.objectStore("files");
    await Promise.all([
      store.clear(),
      ...[...files].map(([name, bytes]) => store.put(new Uint8Array(bytes), name)),
      change.objectStore("header").add(header, HEADER),
      change.done,
    ]);
  }
  return isEmpty;
}

async function changeHeader(
  open: Open,
  id: string,
  change: (found: KeystoreHeader) => KeystoreHeader | undefined,
): Promise<KeystoreHeader | undefined> {
  const changing = open.transaction("header", "readwrite", STRICT);
  const found = await changing.store.get(HEADER);
  const next = found?.id === id ? change(found) : undefined;
  if (next !== undefined) await Promise.all([changing.store.put(next, HEADER), changing.done]);
  return next;
}

/** Reads in one transaction with the header, so that it is this keystore's or nothing. */
async function readFiles<T>(
  open: Open,
  id: string,
  work: (files: Files<"readonly">) => Promise<T>,
): Promise<T> {
  const reading = open.transaction(BOTH, "readonly");
  requireSame(await reading.objectStore("header").get(HEADER), id);
  return work(reading.objectStore("files"));
}

async function changeFiles(
  open: Open,
  id: string,
  work: (files: Files<"readwrite">) => Promise<unknown>,
): Promise<void> {
  const change = open.transaction(BOTH, "readwrite", STRICT);
  requireSame(await change.objectStore("header").get(HEADER), id);
  await Promise.all([work(change.objectStore("files")), change.done]);
}

function requireSame(found: KeystoreHeader | undefined, id: string): void {
  if (found?.id === id) return;
  throw new VaultProofError("keystore-locked", "it was deleted or replaced, perhaps in another tab");
}

function makeStores(database: Open): void {
  database.createObjectStore("header");
  database.createObjectStore("files");
}
