import type { LogEntry } from "@vaultproof/protocol/log-routes";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useReconnect } from "../../service/use-reconnect.js";
import { isEverything, isWanted, type LogFilter } from "./log-filter.js";
import type { LogSort } from "./outcome-words.js";
import { catchUp, NOT_SEARCHED, searchFurther, type LogSearch, type ReadLogPage } from "./search-log.js";

/** What a person wants to see of a log: one page of it. */
export interface LogRequest {
  /** The same function as long as it is the same log. */
  readonly readPage: ReadLogPage;
  readonly sort: LogSort;
  /** The same object as long as it is the same filter. */
  readonly filter: LogFilter;
  /** From 1. */
  readonly page: number;
  readonly limit: number;
}

/** What was read for a request. */
export interface LogRead {
  readonly request: LogRequest;
  readonly rows: readonly LogEntry[];
  /** Rows of the whole log. */
  readonly total: number;
  /** With a filter: how far it has been searched. */
  readonly search: LogSearch | undefined;
}

/** A page of a log, and what can be done with it. */
export interface LogView {
  /** Of this log and filter; the page before stands until the next one is there. Undefined until the first answer. */
  readonly read: LogRead | undefined;
  readonly busy: boolean;
  /** What the last attempt threw; the rows of before stay. */
  readonly error: unknown;
  /** Reads what is new. */
  readonly refresh: () => void;
  /** Searches the next stretch of a long log. */
  readonly searchOn: () => void;
}

/** Rows that are searched before a person is asked whether to go on. */
const SEARCH_ROWS = 2_000;

/** A page of a log: the server's own where every row is wanted, otherwise of what a search through the log finds. */
export function useLogView(options: LogRequest): LogView {
  const { readPage, sort, filter, page, limit } = options;
  const [read, setRead] = useState<LogRead>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const running = useRef<object | undefined>(undefined);
  const last = useRef<LogRead | undefined>(undefined);

  const load = useCallback(
    async (isRefresh: boolean): Promise<void> => {
      const request: LogRequest = { readPage, sort, filter, page, limit };
      const run = (running.current = {});
      const isCurrent = () => running.current === run;
      const onRead = (next: LogRead): boolean => {
        if (!isCurrent()) return false;
        last.current = next;
        setRead(next);
        return true;
      };
      setBusy(true);
      try {
        if (isEverything(filter)) await readServerPage(request, onRead);
        else await searchPage(request, { before: last.current, isRefresh, onRead });
        if (isCurrent()) setError(undefined);
      } catch (thrown) {
        if (isCurrent()) setError(thrown);
      } finally {
        if (isCurrent()) setBusy(false);
      }
    },
    [readPage, sort, filter, page, limit],
  );
  useEffect(() => {
    void load(false);
    return () => (running.current = undefined);
  }, [load]);
  useReconnect(error !== undefined, () => void load(false));

  const shown = read !== undefined && isOfSameRows(read.request, options) ? read : undefined;
  return { read: shown, busy, error, refresh: () => void load(true), searchOn: () => void load(false) };
}

/** Whether there are older rows than those that were read. */
export function hasOlder({ request, total, search }: LogRead): boolean {
  return request.page * request.limit < (search === undefined ? total : search.found.length);
}

function isOfSameRows(one: LogRequest, other: LogRequest): boolean {
  return one.readPage === other.readPage && one.filter === other.filter;
}

type OnRead = (read: LogRead) => boolean;

async function readServerPage(request: LogRequest, onRead: OnRead): Promise<void> {
  const { page, limit } = request;
  const { logs: rows, total } = await request.readPage({ page, limit });
  onRead({ request, rows, total, search: undefined });
}

/** Goes on with the search of before where it is the same. */
async function searchPage(
  request: LogRequest,
  options: { readonly before: LogRead | undefined; readonly isRefresh: boolean; readonly onRead: OnRead },
): Promise<void> {
  const { readPage, filter, sort, page, limit } = request;
  const { before, isRefresh, onRead } = options;
  const kept = before !== undefined && isOfSameRows(before.request, request) ? before.search : undefined;
  const onProgress = (search: LogSearch): boolean =>
    onRead({
      ...{ request, search, total: search.total },
      rows: search.found.slice((page - 1) * limit, page * limit),
    });
  const wants = (entry: LogEntry): boolean => isWanted(entry, filter, sort);
  if (isRefresh && kept !== undefined) {
    // A search that was stopped goes on when somebody asks, not by itself.
    onProgress(await catchUp(kept, { readPage, isWanted: wants }));
    return;
  }
  const found = await searchFurther(kept ?? NOT_SEARCHED, {
    ...{ readPage, isWanted: wants, from: filter.from, onProgress, atMost: SEARCH_ROWS },
    // One more than the pages so far hold tells whether there is another.
    wanted: page * limit + 1,
  });
  onProgress(found);
}
