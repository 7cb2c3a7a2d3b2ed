/** One statement. A `name` makes it a prepared statement where the driver has them; use it for hot queries. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** The rows of a statement. `rowCount` is the number of rows returned, or changed where none are returned. */
export interface QueryResult<Row> {
  rows: Row[];
  rowCount: number;
}

/**
 * What a query needs: the database itself, or a transaction on it.
 *
 * Both drivers give and take the same values: `bytea` is a `Uint8Array`, `bigint` a safe integer, `jsonb` any JSON
 * value, given as its text.
 */
export interface Queryable {
  query<Row>(statement: Statement): Promise<QueryResult<Row>>;
  /** Runs a script of several statements without parameters. */
  execute(script: string): Promise<void>;
}

/** The connections of a pool now. */
export interface PoolStats {
  readonly total: number;
  readonly idle: number;
  /** Who waits for one. */
  readonly waiting: number;
}

/** PostgreSQL or PGlite. */
export interface Database extends Queryable {
  readonly kind: "postgres" | "pglite";
  /**
   * Runs `run` between BEGIN (READ COMMITTED) and COMMIT. If it throws, or if the COMMIT turns out to be a ROLLBACK
   * because a failed statement was swallowed, nothing was done and this throws. Inside, use only the given
   * transaction: PGlite has one connection, and a query beside it would wait for ever.
   */
  transaction<T>(run: (tx: Queryable) => Promise<T>): Promise<T>;
  /** Absent where there is no pool. */
  stats?(): PoolStats;
  close(): Promise<void>;
}

/**
 * Parses a `bigint` column. Everything the schema counts (seconds, versions, calls) stays below 2^53.
 *
 * @throws RangeError if it does not.
 */
export function parseSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError("integer from the database is beyond 2^53");
  return value;
}

/** The text of a JSON parameter; undefined becomes SQL NULL. */
export function jsonParameter(value: unknown): string | null {
  return value === undefined || value === null ? null : JSON.stringify(value);
}
