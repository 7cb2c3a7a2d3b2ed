import type { Database } from "@vaultproof/db/database";
import { appendCallLog, type CallLogEntry } from "@vaultproof/db/queries/append-call-log";
import { startStepTimer, type OnTiming } from "./step-timer.js";

/** Gathers entries of the call log and writes several in one statement. */
export interface LogWriter {
  /** Never throws; entries that cannot be written are reported. */
  write(entry: CallLogEntry): void;
  /** Resolves when everything that was given to `write` so far is in the database, or reported. */
  flush(): Promise<void>;
}

/** Milliseconds for which an entry may wait for others. */
const GATHER_MS = 20;
/** Of one statement: some hundred kilobytes at the longest endpoints. */
const MAX_ENTRIES = 256;

/** One statement at a time, so that a database that has become slow gets larger ones and not more of them. */
export function createLogWriter(options: {
  readonly db: Database;
  /** Told why entries were lost, and how many. */
  readonly onError: (error: unknown, lost: number) => void;
  /** Told of each statement that is done. */
  readonly onWritten?: (() => void) | undefined;
  /** For benchmarks; told of each statement. */
  readonly onTiming?: OnTiming | undefined;
}): LogWriter {
  const gathered: CallLogEntry[] = [];
  let given = 0;
  let done = 0;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;

  /** Rather twice in the log, after a connection that was lost over its answer, than so many calls not at all. */
  const append = (entries: readonly CallLogEntry[]): Promise<void> =>
    appendCallLog(options.db, entries).catch(() => appendCallLog(options.db, entries));
  const writeAll = async (): Promise<void> => {
    while (gathered.length > 0) {
      const entries = gathered.splice(0, MAX_ENTRIES);
      const endStep = startStepTimer(options.onTiming);
      await append(entries).then(options.onWritten, (error: unknown) =>
        options.onError(error, entries.length),
      );
      done += entries.length;
      endStep("log");
    }
  };
  const start = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    writing ??= writeAll().finally(() => {
      writing = undefined;
      // What came after the last look at what is gathered.
      startSoon();
    });
    return writing;
  };
  const startSoon = (): void => {
    if (gathered.length > 0 && writing === undefined) timer ??= setTimeout(() => void start(), GATHER_MS);
  };
  return {
    write(entry) {
      gathered.push(entry);
      given++;
      startSoon();
    },
    async flush() {
      // What comes meanwhile is not waited for: under load that would never end.
      const target = given;
      while (done < target) await start();
    },
  };
}
