import type { LastLogRow } from "@vaultproof/db/queries/find-last-log-rows";
import type { StoredLogChain } from "@vaultproof/db/queries/read-log-chains";
import { BROKEN_CHAIN_HASH, NO_ROW_HASH } from "@vaultproof/protocol/log-row";
import type { LogSigner } from "./log-signer.js";

/** The row that the next one follows: its number and hash, and its time in Unix seconds. */
export interface ChainPlace {
  readonly seq: number;
  readonly hash: string;
  readonly at: number;
}

/**
 * Where a chain goes on, and what is wrong with it:
 * - `rows`: the head is this server's, but the rows under it are not what it says. The chain goes on from the head, and
 *   whoever verifies finds the rows.
 * - `head`: the head is none that this server signed last. The chain goes on behind a break, which never verifies: going
 *   on from whatever stands there would put the server's signature under it.
 */
export interface ChainVerdict {
  readonly from: ChainPlace;
  readonly problem: "rows" | "head" | null;
}

/** What is known of a chain that is to be extended. */
export interface ChainEvidence {
  readonly stored: StoredLogChain | undefined;
  readonly last: LastLogRow | undefined;
  /** The head as this process last wrote it. */
  readonly known: Pick<ChainPlace, "seq" | "hash"> | undefined;
}

const BEGINNING: ChainPlace = { seq: 0, hash: NO_ROW_HASH, at: 0 };

/** Whether the stored head is what this process wrote last; then nothing else needs to be looked at. */
export function isAsKnown({ stored, known }: Pick<ChainEvidence, "stored" | "known">): boolean {
  return known !== undefined && stored?.headSeq === known.seq && stored.headHash === known.hash;
}

/** Says where a chain goes on. */
export function judgeChain(evidence: ChainEvidence, signer: Pick<LogSigner, "holds">): ChainVerdict {
  const { stored, last, known } = evidence;
  if (stored === undefined) {
    if (last === undefined && known === undefined) return { from: BEGINNING, problem: null };
    return { from: breakAfter(evidence, signer), problem: "head" };
  }
  const isOurs = signer.holds("head", stored) && !goesBack(stored, known);
  if (!isOurs || (last !== undefined && last.seq > stored.headSeq)) {
    return { from: breakAfter(evidence, signer), problem: "head" };
  }
  const from = { seq: stored.headSeq, hash: stored.headHash, at: stored.headAt };
  const areThere =
    last === undefined
      ? stored.baseSeq === stored.headSeq
      : last.seq === stored.headSeq && last.hash === stored.headHash;
  return { from, problem: areThere ? null : "rows" };
}

/** An older head with its true signature, or another one in the place of the one that was written. */
function goesBack(stored: StoredLogChain, known: ChainEvidence["known"]): boolean {
  if (known === undefined) return false;
  return stored.headSeq < known.seq || (stored.headSeq === known.seq && stored.headHash !== known.hash);
}

function breakAfter({ stored, last }: ChainEvidence, signer: Pick<LogSigner, "holds">): ChainPlace {
  const base = stored !== undefined && signer.holds("base", stored) ? stored.baseSeq : 0;
  return { seq: Math.max(last?.seq ?? 0, base), hash: BROKEN_CHAIN_HASH, at: last?.at ?? 0 };
}
