const MESSAGES = {
  "migration-changed": "an applied migration was changed",
  "migration-unknown": "the database has a migration that this version does not know",
  "folder-in-use": "the data folder is in use",
  "no-connection": "no connection to the database came free in time",
  "transaction-rolled-back": "the transaction was rolled back instead of committed",
} as const;

/** The closed set of what this package itself reports; errors of the driver pass through. */
export type DatabaseErrorCode = keyof typeof MESSAGES;

/** An error of this package: `code` for programs, `message` for the operator. */
export class DatabaseError extends Error {
  override readonly name = "DatabaseError";
  readonly code: DatabaseErrorCode;

  constructor(code: DatabaseErrorCode, detail?: string) {
    super(detail === undefined ? MESSAGES[code] : `${MESSAGES[code]}: ${detail}`);
    this.code = code;
  }
}

/**
 * Whether an insert failed because no partition takes the row: its time is below the watermark or too far ahead.
 * PostgreSQL reports that as a check violation that names the table but no constraint.
 */
export function isMissingPartition(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, constraint, table } = error as { code?: unknown; constraint?: unknown; table?: unknown };
  return code === "23514" && constraint === undefined && table !== undefined;
}
