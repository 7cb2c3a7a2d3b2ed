import { LOG_LIMITS } from "@vaultproof/protocol/log-limits";
import type { LogEntry, LogsAnswer } from "@vaultproof/protocol/log-routes";

/** Reads a page of one log, the newest rows first. */
export type ReadLogPage = (page: { readonly page: number; readonly limit: number }) => Promise<LogsAnswer>;

/** How far a log has been read from its newest row backwards, and what was found there. */
export interface LogSearch {
  /** Wanted rows, newest first. */
  readonly found: readonly LogEntry[];
  /** Rows that were read, wanted or not. */
  readonly read: number;
  /** Rows of the log when it was last asked. */
  readonly total: number;
  /** Numbers of the newest and the oldest row that were read. */
  readonly newest: number;
  readonly oldest: number;
  /** Time of the oldest row that was read, Unix seconds. */
  readonly reachesTo: number;
  /** The page to read next. */
  readonly nextPage: number;
  /** Whether nothing older can be wanted. */
  readonly isComplete: boolean;
}

/** Nothing has been read. */
export const NOT_SEARCHED: LogSearch = {
  ...{ found: [], read: 0, total: 0, newest: 0, reachesTo: Infinity, nextPage: 1, isComplete: false },
  oldest: Infinity,
};

/** What a search looks for, and when it stops for now. */
export interface SearchRequest {
  readonly readPage: ReadLogPage;
  readonly isWanted: (entry: LogEntry) => boolean;
  /** Nothing older is wanted: times fall along a chain. Unix seconds. */
  readonly from?: number | undefined;
  /** Stops when so many are found. */
  readonly wanted: number;
  /** Stops after so many rows more; a multiple of 200. */
  readonly atMost: number;
  /** Told after each page; false ends the search there. */
  readonly onProgress?: ((search: LogSearch) => boolean) | undefined;
}

/**
 * Reads on into the past. Pages are counted from the newest row, so that rows which came meanwhile push others onto later pages:
 * some come twice and are dropped, none is passed over.
 */
export async function searchFurther(start: LogSearch, request: SearchRequest): Promise<LogSearch> {
  let search = start;
  const limit = LOG_LIMITS.pageRows;
  for (let rows = 0; rows < request.atMost; rows += limit) {
    if (search.isComplete || search.found.length >= request.wanted) break;
    const answer = await request.readPage({ page: search.nextPage, limit });
    search = extend(search, answer, request);
    if (request.onProgress?.(search) === false) break;
  }
  return search;
}

function extend(
  search: LogSearch,
  { logs, total }: LogsAnswer,
  { from = 0, isWanted }: SearchRequest,
): LogSearch {
  const older = logs.filter(({ seq }) => seq < search.oldest);
  const last = older.at(-1);
  const reachesTo = last?.createdAt ?? search.reachesTo;
  return {
    found: [...search.found, ...older.filter(isWanted)],
    read: search.read + older.length,
    total: Math.max(search.total, total),
    newest: Math.max(search.newest, logs[0]?.seq ?? 0),
    oldest: last?.seq ?? search.oldest,
    reachesTo,
    nextPage: search.nextPage + 1,
    isComplete: search.nextPage * LOG_LIMITS.pageRows >= total || reachesTo < from,
  };
}

/** Reads what has come since the search began, and puts it before what was found. */
export async function catchUp(
  search: LogSearch,
  { readPage, isWanted }: Pick<SearchRequest, "readPage" | "isWanted">,
): Promise<LogSearch> {
  const limit = LOG_LIMITS.pageRows;
  const newer: LogEntry[] = [];
  let { total } = search;
  for (let page = 1; ; page++) {
    const answer = await readPage({ page, limit });
    total = Math.max(total, answer.total);
    const before = newer.at(-1)?.seq ?? Infinity;
    newer.push(...answer.logs.filter(({ seq }) => seq > search.newest && seq < before));
    if (page * limit >= answer.total || answer.logs.some(({ seq }) => seq <= search.newest)) break;
  }
  return {
    ...search,
    found: [...newer.filter(isWanted), ...search.found],
    read: search.read + newer.length,
    newest: newer[0]?.seq ?? search.newest,
    total,
  };
}
