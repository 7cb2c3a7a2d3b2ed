import type { Database, Queryable } from "./database.js";
import { lockForMaintenance } from "./maintenance-lock.js";
import { isLockTimeout, listPartitions, LOG, monthStart, type Partition } from "./maintenance.js";
import { databaseTime } from "./queries/database-time.js";
import type { LinkedLogRow } from "./queries/insert-log-rows.js";
import { lockLogLinker } from "./queries/lock-log-linker.js";
import { putLogBases } from "./queries/put-log-bases.js";
import type { SignedPlace } from "./queries/put-log-heads.js";

/** Rows whose signatures are made and written together. */
const BATCH = 500;

/**
 * Drops the months of the log that are kept no longer, the oldest first: whole months, `months` of them and the one that
 * has begun stay. In the same transaction each chain gets the last row that is dropped of it as its base, so that what is
 * left of it verifies from there. A partition that somebody reads is left for the next run.
 *
 * @param options.sign signs a base; null for a row that is not as the server wrote it: its chain gets no base, and is found
 *   to lack its beginning.
 * @returns the names of the partitions dropped now, and of those left for the next run
 */
export async function dropOldLog(
  db: Database,
  options: { readonly months: number; readonly sign: (row: LinkedLogRow) => SignedPlace | null },
): Promise<{ dropped: string[]; postponed: string[] }> {
  const { months, sign } = options;
  if (months < 1) return { dropped: [], postponed: [] };
  const before = monthStart(Math.floor(await databaseTime(db)), -months);
  const old = (await listPartitions(db, [LOG])).filter(({ to }) => to <= before);
  const dropped: string[] = [];
  for (const [i, partition] of old.entries()) {
    try {
      await dropLogPartition(db, partition, sign);
      dropped.push(partition.name);
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      // The later ones wait as well: a chain's rows are dropped from its beginning on.
      return { dropped, postponed: old.slice(i).map(({ name }) => name) };
    }
  }
  return { dropped, postponed: [] };
}

/** Gives back what linked rows took in the inbox. PostgreSQL does so by itself; PGlite has nothing that runs by itself. */
export async function vacuumLogInbox(db: Database): Promise<void> {
  if (db.kind === "pglite") await db.execute("VACUUM call_log_inbox");
}

async function dropLogPartition(
  db: Database,
  { name }: Partition,
  sign: (row: LinkedLogRow) => SignedPlace | null,
): Promise<void> {
  await db.transaction(async (tx) => {
    await lockForMaintenance(tx);
    // No row is put behind one that goes, and no head is moved meanwhile.
    await lockLogLinker(tx, { wait: true });
    await setBases(tx, name, sign);
    await tx.execute("SET LOCAL lock_timeout = '200ms'");
    await tx.execute(`DROP TABLE IF EXISTS ${name}`);
  });
}

async function setBases(
  tx: Queryable,
  partition: string,
  sign: (row: LinkedLogRow) => SignedPlace | null,
): Promise<void> {
  let after = "";
  for (;;) {
    const { rows } = await tx.query<LinkedLogRow>({
      text: `SELECT DISTINCT ON (chain) id, chain, seq, created_at AS at, developer_id AS developer, slot_id AS slot,
                    app_id AS app, subject, method, endpoint, status_code AS status, latency_ms AS "latencyMs", outcome,
                    count, encode(request_hash, 'hex') AS "requestHash", encode(nullifier, 'hex') AS nullifier,
                    encode(root, 'hex') AS root, encode(prev_hash, 'hex') AS "prevHash", encode(hash, 'hex') AS hash
               FROM ${partition} WHERE chain > $1 ORDER BY chain, seq DESC LIMIT ${BATCH}`,
      values: [after],
    });
    const last = rows.at(-1);
    if (last === undefined) return;
    await putLogBases(
      tx,
      rows.map(sign).filter((base) => base !== null),
    );
    after = last.chain;
  }
}
