import type { Database, Queryable } from "@vaultproof/db/database";
import { isMissingPartition } from "@vaultproof/db/errors";
import { ensureLogPartitions } from "@vaultproof/db/maintenance";
import { findLastLogRows } from "@vaultproof/db/queries/find-last-log-rows";
import { insertLogRows, type LinkedLogRow } from "@vaultproof/db/queries/insert-log-rows";
import { lockLogLinker } from "@vaultproof/db/queries/lock-log-linker";
import { putLogHeads } from "@vaultproof/db/queries/put-log-heads";
import { readLogChains } from "@vaultproof/db/queries/read-log-chains";
import { takeFromLogInbox, type WrittenLogRow } from "@vaultproof/db/queries/take-from-log-inbox";
import { logRowHash } from "@vaultproof/protocol/log-row";
import type { LRUCache } from "lru-cache";
import { isAsKnown, judgeChain, type ChainPlace, type ChainVerdict } from "./judge-chain.js";
import { placeOf, type LogSigner } from "./log-signer.js";

/** Rows of one transaction: some ten milliseconds of hashing at most. */
export const LINK_BATCH = 256;

/** A head as this process wrote it last; not sure once something has failed since. */
export interface KnownHead extends ChainPlace {
  readonly sure: boolean;
}

/** What linking works with. */
export interface LinkDependencies {
  readonly db: Database;
  readonly signer: LogSigner;
  /** By chain. */
  readonly known: LRUCache<string, KnownHead>;
  /** Told of a chain that is not as this server left it, when rows are put behind it. */
  readonly onBroken: (chain: string, problem: "rows" | "head") => void;
}

/** Which rows to link, and whether to wait while another replica links. */
export interface LinkRequest {
  readonly wait: boolean;
  readonly chain?: string | undefined;
}

interface Linked {
  readonly rows: LinkedLogRow[];
  readonly heads: ReadonlyMap<string, ChainPlace>;
}

/**
 * Moves the oldest rows of the inbox on to the log, each behind the last of its chain, and signs the new heads, in one
 * transaction. What it does is either done whole or not at all: a row is in the inbox or in the log, never in both.
 *
 * @returns how many rows it moved; null if it did not wait for another replica.
 */
export async function linkBatch(deps: LinkDependencies, request: LinkRequest): Promise<number | null> {
  let times: readonly number[] = [];
  const link = async (): Promise<number | null> => {
    const linked = await deps.db.transaction(async (tx) => {
      if (!(await lockLogLinker(tx, request))) return null;
      const written = await takeFromLogInbox(tx, { limit: LINK_BATCH, chain: request.chain });
      if (written.length === 0) return { rows: [], heads: new Map<string, ChainPlace>() };
      const linked = chainRows(written, await findPlaces(tx, deps, written));
      times = linked.rows.map(({ at }) => at);
      await writeLinked(tx, deps, linked);
      return linked;
    });
    // Not before it is committed.
    for (const [chain, head] of linked?.heads ?? []) deps.known.set(chain, { ...head, sure: true });
    return linked?.rows.length ?? null;
  };
  try {
    return await link();
  } catch (error) {
    // There may be rows of somebody else behind a head that is known here: look before the next time.
    // A copy, because what is set comes to the end of what is iterated.
    for (const [chain, head] of [...deps.known.entries()]) deps.known.set(chain, { ...head, sure: false });
    if (!isMissingPartition(error)) throw error;
    await ensureLogPartitions(deps.db, times);
    return await link();
  }
}

async function findPlaces(
  tx: Queryable,
  { signer, known, onBroken }: LinkDependencies,
  written: readonly WrittenLogRow[],
): Promise<Map<string, ChainPlace>> {
  const chains = [...new Set(written.map(({ chain }) => chain))];
  const stored = new Map((await readLogChains(tx, chains)).map((row) => [row.chain, row]));
  const unsure = chains.filter(
    (chain) =>
      known.get(chain)?.sure !== true || !isAsKnown({ stored: stored.get(chain), known: known.get(chain) }),
  );
  const lastRows = unsure.length === 0 ? [] : await findLastLogRows(tx, unsure);
  const last = new Map(lastRows.map((row) => [row.chain, row]));
  const places = new Map(chains.flatMap((chain) => placeIfKnown(chain, known.get(chain))));
  for (const chain of unsure) {
    const evidence = { stored: stored.get(chain), last: last.get(chain), known: known.get(chain) };
    const { from, problem }: ChainVerdict = judgeChain(evidence, signer);
    if (problem !== null) onBroken(chain, problem);
    places.set(chain, from);
  }
  return places;
}

function placeIfKnown(chain: string, place: ChainPlace | undefined): [string, ChainPlace][] {
  return place === undefined ? [] : [[chain, place]];
}

/** Gives each row its place, in the order in which they come. Times do not go back within a chain. */
function chainRows(written: readonly WrittenLogRow[], places: ReadonlyMap<string, ChainPlace>): Linked {
  const heads = new Map(places);
  const rows = written.map((row) => {
    const before = heads.get(row.chain);
    if (before === undefined) throw new Error("a chain was not looked up");
    const placed = { ...row, seq: before.seq + 1, at: Math.max(row.at, before.at) };
    const hash = logRowHash(before.hash, placed);
    heads.set(row.chain, { seq: placed.seq, hash, at: placed.at });
    return { ...placed, prevHash: before.hash, hash };
  });
  return { rows, heads };
}

async function writeLinked(
  tx: Queryable,
  { signer }: LinkDependencies,
  { rows, heads }: Linked,
): Promise<void> {
  const developers = new Map(rows.map(({ chain, developer }) => [chain, developer]));
  await insertLogRows(tx, rows);
  await putLogHeads(
    tx,
    [...heads].map(([chain, head]) => ({
      ...placeOf(signer.sign("head", { chain, ...head })),
      developer: developers.get(chain) ?? "",
    })),
  );
}
