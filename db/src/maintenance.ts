import type { Database, Queryable } from "./database.js";
import { lockForMaintenance } from "./maintenance-lock.js";
import { databaseTime } from "./queries/database-time.js";
import { deleteOldTallies } from "./queries/delete-old-tallies.js";

/** Seconds of expiry that one partition of `nullifiers` and `used_nonces` takes. */
export const PARTITION_SECONDS = 1800;
/** How far ahead of the database's clock partitions are made. */
export const PARTITIONS_AHEAD_SECONDS = 4 * 3600;
/** How long after its end a partition is kept: longer than clocks of replicas and a fail-over may differ. */
export const PARTITION_GRACE_SECONDS = 600;

const TABLES = ["nullifiers", "used_nonces"] as const;
/** The log, in partitions of a month. */
export const LOG = "call_log";
const LOCK_NOT_AVAILABLE = "55P03";

interface Range {
  readonly table: string;
  readonly from: number;
  readonly to: number;
}

/** A partition and the range that it takes, Unix seconds. */
export interface Partition extends Range {
  readonly name: string;
}

/**
 * Makes the partitions that calls of the next hours need: of `nullifiers` and `used_nonces`, none of it below the
 * watermark, and of `call_log` this month and the next. To be run at start-up and every few minutes; replicas may
 * run it at the same time.
 *
 * @returns the names of the partitions made now
 */
export async function ensurePartitions(db: Database): Promise<{ created: string[] }> {
  return await db.transaction(async (tx) => {
    await lockForMaintenance(tx);
    const now = Math.floor(await databaseTime(tx));
    const below = await readWatermark(tx);
    const wanted = [...TABLES.flatMap((table) => expiryRanges(table, now, below)), ...monthRanges(now)];
    return { created: await createMissing(tx, wanted) };
  });
}

/**
 * Makes the partitions of the log for the months of these times (Unix seconds): of what was written so long ago that
 * there is none any more, or under a clock that ran ahead.
 */
export async function ensureLogPartitions(db: Database, times: readonly number[]): Promise<void> {
  await db.transaction(async (tx) => {
    await lockForMaintenance(tx);
    const months = new Map(times.map((time) => [monthStart(time, 0), monthRange(time, 0)]));
    await createMissing(tx, [...months.values()]);
  });
}

async function createMissing(tx: Queryable, wanted: readonly Range[]): Promise<string[]> {
  const existing = await listPartitions(tx, [...TABLES, LOG]);
  const created: string[] = [];
  for (const range of wanted) {
    if (existing.some((partition) => overlaps(partition, range))) continue;
    created.push(await createPartition(tx, range));
  }
  return created;
}

/**
 * Drops the partitions of `nullifiers` and `used_nonces` that ended more than the grace ago by the database's clock.
 * The watermark is raised to their end in the same transaction, so that no call of that time is accepted and no such
 * partition made again, whatever the clock says later. A partition that somebody reads (a backup) is left for the
 * next run rather than making every call wait behind it.
 *
 * @returns the names of the partitions dropped now, and of those left for the next run
 */
export async function dropExpiredPartitions(
  db: Database,
): Promise<{ dropped: string[]; postponed: string[] }> {
  const now = Math.floor(await databaseTime(db));
  const expired = (await listPartitions(db, TABLES)).filter(({ to }) => to + PARTITION_GRACE_SECONDS <= now);
  const dropped: string[] = [];
  const postponed: string[] = [];
  for (const partition of expired) {
    try {
      await dropPartition(db, partition);
      dropped.push(partition.name);
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      postponed.push(partition.name);
    }
  }
  await deleteOldCounts(db, now);
  await deleteOldTallies(db, now);
  return { dropped, postponed };
}

async function dropPartition(db: Database, { name, to }: Partition): Promise<void> {
  await db.transaction(async (tx) => {
    await lockForMaintenance(tx);
    await raiseWatermark(tx, to);
    // Waiting for the lock would make every call queue behind this statement.
    await tx.execute("SET LOCAL lock_timeout = '200ms'");
    await tx.execute(`DROP TABLE IF EXISTS ${name}`);
  });
}

/** Whether a statement gave up on a lock that somebody else has. */
export function isLockTimeout(error: unknown): boolean {
  return (error as { code?: unknown }).code === LOCK_NOT_AVAILABLE;
}

async function readWatermark(tx: Queryable): Promise<number> {
  const { rows } = await tx.query<{ below: number }>({ text: "SELECT below FROM watermark" });
  return rows[0]?.below ?? Number.POSITIVE_INFINITY;
}

async function raiseWatermark(tx: Queryable, below: number): Promise<void> {
  await tx.query({
    text: "UPDATE watermark SET below = $1::bigint WHERE below < $1::bigint",
    values: [below],
  });
}

async function deleteOldCounts(db: Queryable, now: number): Promise<void> {
  const values = [now - PARTITION_GRACE_SECONDS];
  await db.query({
    text: "DELETE FROM call_counts WHERE window_start + window_seconds < $1::bigint",
    values,
  });
  await db.query({ text: "DELETE FROM request_counts WHERE window_start + 60 < $1::bigint", values });
}

function expiryRanges(table: string, now: number, below: number): Range[] {
  const ranges: Range[] = [];
  const end = now + PARTITIONS_AHEAD_SECONDS;
  for (let from = now - (now % PARTITION_SECONDS); from < end; from += PARTITION_SECONDS) {
    const to = from + PARTITION_SECONDS;
    if (to > below) ranges.push({ table, from, to });
  }
  return ranges;
}

function monthRanges(now: number): Range[] {
  return [0, 1].map((offset) => monthRange(now, offset));
}

function monthRange(time: number, offset: number): Range {
  return { table: LOG, from: monthStart(time, offset), to: monthStart(time, offset + 1) };
}

/** The first second of a month, so many months after the one of `time`; Unix seconds, UTC. */
export function monthStart(time: number, offset: number): number {
  const date = new Date(time * 1000);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + offset) / 1000;
}

function overlaps(a: Range, b: Range): boolean {
  return a.table === b.table && a.from < b.to && b.from < a.to;
}

/** The partitions of tables, those of the earliest ranges first. */
export async function listPartitions(db: Queryable, tables: readonly string[]): Promise<Partition[]> {
  const { rows } = await db.query<Partition>({
    text: `
      SELECT parent.relname AS "table", child.relname AS name,
             (regexp_match(pg_get_expr(child.relpartbound, child.oid), 'FROM \\(''(\\d+)''\\)'))[1]::bigint AS "from",
             (regexp_match(pg_get_expr(child.relpartbound, child.oid), 'TO \\(''(\\d+)''\\)'))[1]::bigint AS "to"
        FROM pg_inherits i
        JOIN pg_class parent ON parent.oid = i.inhparent
        JOIN pg_class child ON child.oid = i.inhrelid AND child.relkind = 'r'
       WHERE i.inhparent IN (SELECT to_regclass(name) FROM jsonb_array_elements_text($1::jsonb) AS t (name))
       ORDER BY 3, 1`,
    values: [JSON.stringify(tables)],
  });
  return rows;
}

/**
 * CREATE … PARTITION OF would lock the whole table exclusively, behind a backup that reads it and in front of every
 * call. ATTACH of a table made beforehand takes a lock that lets reads and inserts pass.
 */
async function createPartition(tx: Queryable, { table, from, to }: Range): Promise<string> {
  const name = `${table}_${from}`;
  await tx.execute(`
    CREATE TABLE ${name} (LIKE ${table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
    ALTER TABLE ${table} ATTACH PARTITION ${name} FOR VALUES FROM (${from}) TO (${to});
  `);
  return name;
}
