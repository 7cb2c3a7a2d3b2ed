import type { Database } from "@vaultproof/db/database";
import { listTransportKeys } from "@vaultproof/db/queries/list-transport-keys";
import { lockTransportKeys } from "@vaultproof/db/queries/lock-transport-keys";
import { rewrapTransportKey } from "@vaultproof/db/queries/rewrap-transport-key";
import { rewriteTransportKeys } from "@vaultproof/db/queries/rewrite-transport-keys";
import { wipe } from "../secret-bytes.js";
import { createTransportWrapping, type TransportWrapping } from "./transport-wrapping.js";

/** What became of the transport keys, in counts. */
export interface RewrapResult {
  /** In a dry run, those that would be. */
  readonly rewrapped: number;
  /** Wrapped under a secret that is not here; they are deleted with their time. */
  readonly unopened: number;
}

/**
 * Wraps the transport keys that an earlier server secret wraps under the current one, and writes their table anew, so that
 * the old wrapping is gone from its pages.
 *
 * @param options.secrets the current one first.
 */
export async function rewrapTransportKeys({
  db,
  secrets,
  isDryRun,
}: {
  readonly db: Database;
  readonly secrets: readonly Uint8Array[];
  readonly isDryRun: boolean;
}): Promise<RewrapResult> {
  const all = createTransportWrapping(secrets);
  const current = createTransportWrapping(secrets.slice(0, 1));
  const result = await db.transaction(async (tx) => {
    if (!isDryRun) await lockTransportKeys(tx);
    let [rewrapped, unopened] = [0, 0];
    for (const row of await listTransportKeys(tx)) {
      const wrapped = rewrap(row, { all, current });
      if (wrapped === "unopened") unopened++;
      if (typeof wrapped === "string") continue;
      rewrapped++;
      if (!isDryRun) await rewrapTransportKey(tx, { id: row.id, wrappedPrivateKey: wrapped });
    }
    return { rewrapped, unopened };
  });
  // Also when nothing is left to wrap: a run that was killed here has left the old wrappings in the table's pages.
  if (!isDryRun) await rewriteTransportKeys(db);
  return result;
}

function rewrap(
  row: { readonly id: Uint8Array; readonly notAfter: number; readonly wrappedPrivateKey: Uint8Array },
  { all, current }: { readonly all: TransportWrapping; readonly current: TransportWrapping },
): Uint8Array | "current" | "unopened" {
  const opened = current.unwrap(row, row.wrappedPrivateKey);
  if (opened !== null) {
    wipe(opened);
    return "current";
  }
  const raw = all.unwrap(row, row.wrappedPrivateKey);
  if (raw === null) return "unopened";
  try {
    return current.wrap(row, raw);
  } finally {
    wipe(raw);
  }
}
