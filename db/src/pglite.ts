import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { PGlite, types, type Transaction } from "@electric-sql/pglite";
import { dataDir as emptyCluster } from "@electric-sql/pglite-prepopulatedfs";
import {
  parseSafeInteger,
  type Database,
  type Queryable,
  type QueryResult,
  type Statement,
} from "./database.js";
import { makeDataFolder } from "./data-folder.js";
import { DatabaseError } from "./errors.js";
import { lockFolder, type FolderLock } from "./folder-lock.js";

const IN_MEMORY = "memory://";
const PARSERS = { [types.INT8]: parseSafeInteger };

/** Where PGlite keeps its files. */
export interface PgliteOptions {
  /** A folder, made where it is missing, for one process at a time; or `memory://` for tests. */
  readonly dataDir: string;
}

/**
 * Opens PGlite, PostgreSQL inside this process, on a folder. What was committed survives the death of the process,
 * but not a power cut: PGlite does not flush to the disk.
 *
 * @throws DatabaseError `folder-in-use`, naming the process that has the folder.
 */
export async function openPglite({ dataDir }: PgliteOptions): Promise<Database> {
  const lock = dataDir === IN_MEMORY ? undefined : await takeFolder(dataDir);
  try {
    const pglite = await (lock === undefined
      ? PGlite.create({ dataDir: IN_MEMORY, loadDataDir: await emptyCluster(), parsers: PARSERS })
      : openFolder(dataDir));
    return {
      kind: "pglite",
      ...queryable(pglite),
      transaction: (run) => inTransaction(pglite, run),
      async close() {
        await pglite.close();
        await lock?.release();
      },
    };
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

/**
 * Opens the cluster in the folder, and makes it first where there is none: from the empty one that PGlite's makers
 * pack, because `initdb` in WASM takes three times as long. It is made under another name, so that a process that dies
 * over it leaves nothing that looks like a cluster.
 */
async function openFolder(dataDir: string): Promise<PGlite> {
  const cluster = join(dataDir, "database");
  if (!existsSync(cluster)) {
    const unfinished = `${cluster}.new`;
    await rm(unfinished, { recursive: true, force: true });
    const made = await PGlite.create({ dataDir: unfinished, loadDataDir: await emptyCluster() });
    await made.close();
    await rename(unfinished, cluster);
  }
  return await PGlite.create({ dataDir: cluster, parsers: PARSERS });
}

async function takeFolder(dataDir: string): Promise<FolderLock> {
  await makeDataFolder(dataDir);
  return await lockFolder({ folder: dataDir, name: "database" });
}

function queryable(client: PGlite | Transaction): Queryable {
  return {
    // The rows are whatever the statement says that they are: `never` fits every type that a caller names.
    async query({ text, values }: Statement): Promise<QueryResult<never>> {
      const { rows, rowCount } = await withoutParameters(client.query<never>(text, [...(values ?? [])]));
      return { rows, rowCount: rowCount ?? 0 };
    },
    async execute(script) {
      await withoutParameters(client.exec(script));
    },
  };
}

async function inTransaction<T>(pglite: PGlite, run: (tx: Queryable) => Promise<T>): Promise<T> {
  return await withoutParameters(
    pglite.transaction(async (tx) => {
      const result = await run(queryable(tx));
      await assertStillGood(tx);
      return result;
    }),
  );
}

/** COMMIT of a failed transaction is no error; only a statement before it tells. */
async function assertStillGood(tx: Transaction): Promise<void> {
  try {
    await tx.query("SELECT 1");
  } catch {
    throw new DatabaseError("transaction-rolled-back");
  }
}

/** PGlite hangs the parameters of a failed statement on its error. They must not reach a log. */
async function withoutParameters<T>(result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof Error && "params" in error) delete error.params;
    throw error;
  }
}
