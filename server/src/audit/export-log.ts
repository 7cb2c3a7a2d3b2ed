import type { Database } from "@vaultproof/db/database";
import { databaseTime } from "@vaultproof/db/queries/database-time";
import { lockLogLinker } from "@vaultproof/db/queries/lock-log-linker";
import { putLogBases } from "@vaultproof/db/queries/put-log-bases";
import { putLogHeads } from "@vaultproof/db/queries/put-log-heads";
import { readLogChains, type StoredLogChain } from "@vaultproof/db/queries/read-log-chains";
import { readLogExport } from "@vaultproof/db/queries/read-log-export";
import { toBase64Url, utf8ToBytes } from "@vaultproof/protocol/encoding";
import { writeLogCsv } from "@vaultproof/protocol/log-csv";
import type { LogHeads } from "@vaultproof/protocol/log-head";
import { NO_ROW_HASH } from "@vaultproof/protocol/log-row";
import { placeOf, pointOf, type LogSigner } from "./log-signer.js";

/** Rows as CSV, and what vouches for the chain as it was when they were read. */
export interface ExportedLog {
  readonly csv: string;
  readonly heads: LogHeads;
}

/** Exports rows of a chain behind `after`, `limit` of them at most. */
export async function exportLog(
  { db, signer }: { readonly db: Database; readonly signer: LogSigner },
  request: { readonly chain: string; readonly after: number; readonly limit: number },
): Promise<ExportedLog> {
  let read = await readLogExport(db, request);
  if (read !== null && !signer.isCurrent(read.chain) && (await signAnew(db, signer, request.chain))) {
    read = await readLogExport(db, request);
  }
  return read === null
    ? { csv: writeLogCsv([]), heads: { head: await beginning(db, signer, request.chain) } }
    : { csv: writeLogCsv(read.rows), heads: headsOf(read.chain) };
}

/** What vouches for an export, as a header. */
export function headsHeader(heads: LogHeads): string {
  return toBase64Url(utf8ToBytes(JSON.stringify(heads)));
}

function headsOf(chain: StoredLogChain): LogHeads {
  const [head, base] = [pointOf("head", chain), pointOf("base", chain)];
  if (head === undefined) throw new Error("a chain has a head");
  return base === undefined ? { head } : { head, base };
}

/** A chain of which nothing is written yet. */
async function beginning(db: Database, signer: LogSigner, chain: string): Promise<LogHeads["head"]> {
  const at = Math.floor(await databaseTime(db));
  return signer.sign("head", { chain, seq: 0, hash: NO_ROW_HASH, at });
}

/** Puts the present identity's signature under what an earlier one of this server signed, which clients pin no longer. */
async function signAnew(db: Database, signer: LogSigner, chain: string): Promise<boolean> {
  return await db.transaction(async (tx) => {
    await lockLogLinker(tx, { wait: true });
    const [stored] = await readLogChains(tx, [chain]);
    if (stored === undefined || !signer.holds("head", stored)) return false;
    const { head, base } = headsOf(stored);
    await putLogHeads(tx, [{ ...placeOf(signer.sign("head", head)), developer: "" }]);
    if (base !== undefined && signer.holds("base", stored)) {
      await putLogBases(tx, [placeOf(signer.sign("base", base))]);
    }
    return true;
  });
}
