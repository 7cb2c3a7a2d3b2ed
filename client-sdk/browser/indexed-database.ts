import { deleteDB, openDB, type DBSchema, type IDBPDatabase } from "idb";
import { VaultProofError } from "../src/sdk-error.js";

/** A database of the SDK's: opened when it is needed, let go of when another tab wants to remove it. */
export interface IndexedDatabase<S extends DBSchema> {
  /**
   * Runs work on the open database.
   *
   * @throws VaultProofError `keystore-unavailable` where the browser refuses; the work's own VaultProofErrors.
   */
  use<T>(work: (database: IDBPDatabase<S>) => Promise<T>): Promise<T>;
  /** Removes the database. Where another tab still holds it, it goes as soon as that lets go, before it is opened again. */
  remove(): Promise<void>;
  close(): void;
}

const VERSION = 1;

/** @param options.upgrade makes the stores of an empty database. */
export function createIndexedDatabase<S extends DBSchema>(options: {
  readonly name: string;
  readonly upgrade: (database: IDBPDatabase<S>) => void;
}): IndexedDatabase<S> {
  let connection: Promise<IDBPDatabase<S>> | undefined;
  const close = (): void => {
    connection?.then((database) => database.close()).catch(() => undefined);
    connection = undefined;
  };
  const connect = (): Promise<IDBPDatabase<S>> => {
    const opening = openDB<S>(options.name, VERSION, {
      upgrade: options.upgrade,
      blocking: close,
      terminated: close,
    });
    connection = opening;
    opening.catch(() => {
      // What failed once may work later.
      if (connection === opening) connection = undefined;
    });
    return opening;
  };
  return {
    async use(work) {
      try {
        return await work(await (connection ?? connect()));
      } catch (error) {
        // Another tab made this one let go between opening and beginning.
        if (!isNamed(error, "InvalidStateError")) throw unavailable(error);
      }
      try {
        return await work(await (connection ?? connect()));
      } catch (error) {
        throw unavailable(error);
      }
    },
    async remove() {
      close();
      try {
        await new Promise<void>((resolve, reject) => {
          deleteDB(options.name, { blocked: () => resolve() }).then(resolve, reject);
        });
      } catch (error) {
        throw unavailable(error);
      }
    },
    close,
  };
}

function unavailable(cause: unknown): VaultProofError {
  if (cause instanceof VaultProofError) return cause;
  return new VaultProofError("keystore-unavailable", explain(cause), { cause });
}

function explain(cause: unknown): string {
  if (isNamed(cause, "QuotaExceededError"))
    return "there is no room left for this site; free some and try again";
  if (isNamed(cause, "VersionError")) return "its database was made by a later version of the SDK";
  return "IndexedDB refused, as in some private windows and where a site's data is blocked; allow this site to keep data";
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof DOMException && error.name === name;
}
