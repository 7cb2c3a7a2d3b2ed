import type { Queryable } from "./database.js";

// A pair of 32-bit numbers: PostgreSQL keeps those apart from the 64-bit keys that slots lock.
const MAINTENANCE = { space: 1986097008, key: 1 };

/** Lets one session at a time change the schema, until its transaction ends. */
export async function lockForMaintenance(tx: Queryable): Promise<void> {
  await tx.query({
    text: "SELECT pg_advisory_xact_lock($1::integer, $2::integer)",
    values: [MAINTENANCE.space, MAINTENANCE.key],
  });
}
