import type { DatabaseServerSearch, DatabaseServer } from "../stack/database-server.js";
import type { ProvingMaterial } from "../proofs/reference-string.js";
import type { ChildProcesses } from "../stack/child-processes.js";

/** What a part of the run works with. */
export interface BenchContext {
  readonly quick: boolean;
  readonly cores: number;
  readonly children: ChildProcesses;
  readonly database: DatabaseServerSearch;
  /** Null where no reference string was found. */
  readonly material: ProvingMaterial | null;
  /** Says what is being done, to whoever waits. */
  readonly say: (line: string) => void;
}

/** A part cannot be measured here; the message says what is missing. Nothing is put in the place of its figures. */
export class NotMeasuredError extends Error {
  override readonly name = "NotMeasuredError";
}

/** @throws NotMeasuredError */
export function requireDatabase({ database }: BenchContext): DatabaseServer {
  if (database.found === undefined) throw new NotMeasuredError(database.missing);
  return database.found;
}

/** @throws NotMeasuredError */
export function requireMaterial({ material }: BenchContext): ProvingMaterial {
  if (material === null) throw new NotMeasuredError("no reference string: set CRS_PATH");
  return material;
}
