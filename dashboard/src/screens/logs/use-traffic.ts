import type { DeveloperVault } from "@vaultproof/sdk/browser";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useReconnect } from "../../service/use-reconnect.js";
import { NOT_SEARCHED, searchFurther, type LogSearch, type ReadLogPage } from "./search-log.js";
import { trafficOfDays, trafficOfEntries, type TrafficPoint } from "./traffic.js";

/** What a chart shows: all keys by day as the server counted them, or one key as its log has it. */
export interface TrafficChoice {
  readonly of: "all" | "key";
  /** Seconds of a point: an hour or a day. */
  readonly step: number;
  /** Points in all, the present one last. */
  readonly points: number;
}

/** Calls over time, or what there is of them. */
export interface Traffic {
  readonly points: readonly TrafficPoint[] | undefined;
  /** Of a long log: how far back it was read where that is not the whole time. Unix seconds. */
  readonly cutAt: number | undefined;
  readonly busy: boolean;
  readonly error: unknown;
  readonly readOn: () => void;
}

/** Rows that are read before a person is asked whether to go on. */
const READ_ROWS = 5_000;

/**
 * Reads what a chart shows.
 *
 * @param options.version another number reads anew.
 */
export function useTraffic(options: {
  readonly openVault: () => Promise<DeveloperVault>;
  readonly readPage: ReadLogPage;
  readonly choice: TrafficChoice;
  readonly version: number;
}): Traffic {
  const { openVault, readPage, choice, version } = options;
  const [shown, setShown] = useState<{
    choice: TrafficChoice;
    points: readonly TrafficPoint[];
    cutAt: number | undefined;
  }>();
  const [busy, setBusy] = useState(true);
  const [error, setError] = useState<unknown>();
  const running = useRef<object | undefined>(undefined);
  const search = useRef<LogSearch>(NOT_SEARCHED);

  const load = useCallback(
    async (from: LogSearch): Promise<void> => {
      const run = (running.current = {});
      const isCurrent = () => running.current === run;
      setBusy(true);
      try {
        const onProgress = (reached: LogSearch): boolean => {
          if (isCurrent()) search.current = reached;
          return isCurrent();
        };
        const found =
          choice.of === "all"
            ? await readAll(await openVault(), readPage, choice)
            : await readKey(readPage, choice, from, onProgress);
        if (!isCurrent()) return;
        setShown({ choice, ...found });
        setError(undefined);
      } catch (thrown) {
        if (isCurrent()) setError(thrown);
      } finally {
        if (isCurrent()) setBusy(false);
      }
    },
    [openVault, readPage, choice],
  );
  useEffect(() => {
    void load(NOT_SEARCHED);
    return () => (running.current = undefined);
  }, [load, version]);
  useReconnect(error !== undefined, () => void load(search.current));

  const current = shown?.choice === choice ? shown : undefined;
  const readOn = () => void load(search.current);
  return { points: current?.points, cutAt: current?.cutAt, busy, error, readOn };
}

/** The server counts what is in the log, and reading a log brings it up to date: what stands in the table is in the chart. */
async function readAll(
  { stats }: DeveloperVault,
  readPage: ReadLogPage,
  { points: days }: TrafficChoice,
): Promise<{ points: readonly TrafficPoint[]; cutAt: undefined }> {
  await readPage({ page: 1, limit: 1 });
  return { points: trafficOfDays(await stats.usage({ days })), cutAt: undefined };
}

async function readKey(
  readPage: ReadLogPage,
  { step, points }: TrafficChoice,
  before: LogSearch,
  onProgress: (search: LogSearch) => boolean,
): Promise<{ points: readonly TrafficPoint[]; cutAt: number | undefined }> {
  const now = Math.floor(Date.now() / 1000);
  const from = now - (now % step) - (points - 1) * step;
  const request = { readPage, from, wanted: Infinity, atMost: READ_ROWS, onProgress };
  const { found, isComplete, reachesTo } = await searchFurther(before, { ...request, isWanted: () => true });
  if (isComplete) return { points: trafficOfEntries(found, { from, to: now, step }), cutAt: undefined };
  // A stretch that was read in part would look like a quiet one.
  const whole = Math.min(reachesTo - (reachesTo % step) + step, now - (now % step));
  return { points: trafficOfEntries(found, { from: whole, to: now, step }), cutAt: whole };
}
