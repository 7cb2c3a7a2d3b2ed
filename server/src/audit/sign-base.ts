import type { LinkedLogRow } from "@vaultproof/db/queries/insert-log-rows";
import type { SignedPlace } from "@vaultproof/db/queries/put-log-heads";
import { logRowHash } from "@vaultproof/protocol/log-row";
import { placeOf, type LogSigner } from "./log-signer.js";

/**
 * Signs the last row that is dropped of a chain as its base; null for one that is not as it was written. Whoever writes to
 * the database could else put a late row, with its true hash, among those that are old: everything up to it would be gone
 * and the server's signature say that it may be. The hash covers the time.
 */
export function signBase(signer: Pick<LogSigner, "sign">, row: LinkedLogRow): SignedPlace | null {
  return logRowHash(row.prevHash, row) === row.hash ? placeOf(signer.sign("base", row)) : null;
}
