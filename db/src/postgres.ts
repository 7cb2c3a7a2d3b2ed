import pg from "pg";
import {
  parseSafeInteger,
  type Database,
  type Queryable,
  type QueryResult,
  type Statement,
} from "./database.js";
import { DatabaseError } from "./errors.js";

/**
 * Milliseconds after which a database that does not answer is given up on, so that requests do not pile up behind it:
 * waiting for a connection, one statement, and a transaction whose process has gone silent.
 */
const CONNECTION_TIMEOUT = 5_000;
const STATEMENT_TIMEOUT = 30_000;
const IDLE_TRANSACTION_TIMEOUT = 30_000;

/** How to reach PostgreSQL. */
export interface PostgresOptions {
  /** `postgres://user:password@host:port/database` */
  readonly url: string;
  /** Connections of the pool; 10 unless told. */
  readonly max?: number;
  /** Milliseconds to wait for one of them; 5,000 unless told. */
  readonly connectionTimeout?: number;
  /** Told when a connection breaks; the pool replaces it by itself. */
  readonly onError?: (error: Error) => void;
}

/**
 * Opens a pool on PostgreSQL 15 or later and checks that it answers.
 *
 * Its operations throw DatabaseError `no-connection` when every connection stays taken.
 *
 * @throws the driver's error if the server cannot be reached.
 */
export async function openPostgres({
  url,
  max = 10,
  connectionTimeout = CONNECTION_TIMEOUT,
  onError = () => undefined,
}: PostgresOptions): Promise<Database> {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, parseSafeInteger);
  const pool = new pg.Pool({
    ...{ connectionString: url, max, types },
    connectionTimeoutMillis: connectionTimeout,
    statement_timeout: STATEMENT_TIMEOUT,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT,
  });
  pool.on("error", onError);
  try {
    await pool.query("SELECT 1");
  } catch (error) {
    await pool.end();
    throw error;
  }
  return {
    kind: "postgres",
    ...queryable(pool),
    transaction: (run) => inTransaction(pool, run, onError),
    stats: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => pool.end(),
  };
}

function queryable(client: pg.Pool | pg.PoolClient): Queryable {
  return {
    // The rows are whatever the statement says that they are: `never` fits every type that a caller names.
    async query({ name, text, values }: Statement): Promise<QueryResult<never>> {
      const config: pg.QueryConfig = { text, values: [...(values ?? [])] };
      if (name !== undefined) config.name = name;
      const { rows, rowCount } = await client.query(config).catch(nameTimeout);
      return { rows: rows as never[], rowCount: rowCount ?? 0 };
    },
    async execute(script) {
      await client.query(script).catch(nameTimeout);
    },
  };
}

/** The pool gives its own time-out no code. Nothing was sent then, so whoever asked may ask again. */
function nameTimeout(error: unknown): never {
  const isTimeout = error instanceof Error && error.message === "timeout exceeded when trying to connect";
  throw isTimeout ? new DatabaseError("no-connection") : error;
}

async function inTransaction<T>(
  pool: pg.Pool,
  run: (tx: Queryable) => Promise<T>,
  onError: (error: Error) => void,
): Promise<T> {
  const client = await pool.connect().catch(nameTimeout);
  // The pool listens only while a connection is idle; a broken one that nobody listens to ends the process.
  client.on("error", onError);
  let open = true;
  try {
    await client.query("BEGIN ISOLATION LEVEL READ COMMITTED");
    const result = await run(queryable(client));
    // COMMIT of a failed transaction is no error; only its tag says that it was rolled back.
    const { command } = await client.query("COMMIT");
    open = false;
    if (command !== "COMMIT") throw new DatabaseError("transaction-rolled-back");
    return result;
  } catch (error) {
    if (open) open = !(await rollBack(client));
    throw error;
  } finally {
    client.off("error", onError);
    client.release(open);
  }
}

async function rollBack(client: pg.PoolClient): Promise<boolean> {
  try {
    await client.query("ROLLBACK");
    return true;
  } catch {
    // The connection is gone, and the transaction with it. What made it fail is thrown already.
    return false;
  }
}
