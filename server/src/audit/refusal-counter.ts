import type { Database } from "@vaultproof/db/database";
import { appendRefusals, type CountedRefusals } from "@vaultproof/db/queries/append-refusals";
import { ERRORS } from "@vaultproof/protocol/errors";
import { KEY_SLOT_ID } from "@vaultproof/protocol/identifiers";
import { LRUCache } from "lru-cache";
import { ServerError, type LogReason } from "../errors.js";
import { runPeriodically } from "../ops/run-periodically.js";

/** Counts what is refused before anything is proved: anybody can send it, so that a row for each would be anybody's. */
export interface RefusalCounter {
  /** Runs the steps up to the proof, and counts what they refuse. */
  counting<T>(slotId: string, steps: () => Promise<T>): Promise<T>;
  /** Counts a call that was proved, refused, and sent again. */
  ofCall(slotId: string, outcome: string, statusCode: number): void;
  /** Counts a request that names a developer and is not signed by that one, or is one of too many. */
  ofDeveloper(developerId: string, code: "unauthorized" | "rateLimited"): void;
  /** Writes down what was counted. */
  flush(): Promise<void>;
  /** Writes down what was counted, and stops. */
  close(): Promise<void>;
}

/** How often what was counted is written down. */
const WRITE_EVERY_MS = 60_000;
/** Kinds of refusals that are counted at once. */
const MAX_KINDS = 10_000;
/** Told before the slot was looked up: it may be one that was made up. */
const UNSURE: ReadonlySet<LogReason> = new Set(["malformed", "expired"]);

/** @param options.onError told how many refusals could not be written; they stay counted. */
export function createRefusalCounter(options: {
  readonly db: Database;
  readonly onWritten: () => void;
  readonly onError: (error: unknown) => void;
  readonly maxKinds?: number;
}): RefusalCounter {
  const { db, maxKinds = MAX_KINDS } = options;
  // Two, so that made-up slots push out each other and no slot that is there.
  const unsure = new LRUCache<string, CountedRefusals>({ max: maxKinds });
  const sure = new Map<string, CountedRefusals>();
  let writing = Promise.resolve();

  const add = (refusals: CountedRefusals, isSure: boolean): void => {
    const kept = isSure ? sure : unsure;
    const kind = `${refusals.slotId ?? refusals.developerId} ${refusals.outcome} ${refusals.statusCode}`;
    kept.set(kind, { ...refusals, count: refusals.count + (kept.get(kind)?.count ?? 0) });
    if (sure.size >= maxKinds) void flush();
  };
  const write = async (): Promise<void> => {
    const taken = { sure: [...sure.values()], unsure: [...unsure.values()] };
    if (taken.sure.length + taken.unsure.length === 0) return;
    sure.clear();
    unsure.clear();
    try {
      await appendRefusals(db, [...taken.sure, ...taken.unsure]);
      options.onWritten();
    } catch (error) {
      options.onError(error);
      // A database that is away for long must not fill the memory.
      if (sure.size + taken.sure.length < maxKinds) for (const refusals of taken.sure) add(refusals, true);
      for (const refusals of taken.unsure) add(refusals, false);
    }
  };
  const flush = (): Promise<void> => (writing = writing.then(write));
  const periodic = runPeriodically({ work: flush, intervalMs: WRITE_EVERY_MS, onError: options.onError });
  return {
    async counting(slotId, steps) {
      try {
        return await steps();
      } catch (error) {
        if (error instanceof ServerError && error.logReason !== undefined && KEY_SLOT_ID.test(slotId)) {
          const { logReason: outcome } = error;
          const statusCode = ERRORS[error.code].status;
          add({ slotId, developerId: null, outcome, statusCode, count: 1 }, !UNSURE.has(outcome));
        }
        throw error;
      }
    },
    ofCall(slotId, outcome, statusCode) {
      add({ slotId, developerId: null, outcome, statusCode, count: 1 }, true);
    },
    ofDeveloper(developerId, code) {
      // Too many can only be of a developer who is there.
      const isSure = code === "rateLimited";
      add({ slotId: null, developerId, outcome: code, statusCode: ERRORS[code].status, count: 1 }, isSure);
    },
    flush,
    async close() {
      await periodic.stop();
      await flush();
    },
  };
}
