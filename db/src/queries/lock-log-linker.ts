import type { Queryable } from "../database.js";

// Beside the lock for maintenance, in the pairs of 32 bits that slots do not use.
const LINKER = [1986097008, 2] as const;

/**
 * Lets one session at a time give rows of the log their places, until its transaction ends.
 *
 * @param options.wait whether to wait for it.
 * @returns false where another one has the lock and this one does not wait.
 */
export async function lockLogLinker(tx: Queryable, options: { readonly wait: boolean }): Promise<boolean> {
  if (options.wait) {
    await tx.query({ text: "SELECT pg_advisory_xact_lock($1::integer, $2::integer)", values: LINKER });
    return true;
  }
  const { rows } = await tx.query<{ locked: boolean }>({
    text: "SELECT pg_try_advisory_xact_lock($1::integer, $2::integer) AS locked",
    values: LINKER,
  });
  return rows[0]?.locked === true;
}
