import { setImmediate } from "node:timers/promises";
import { hasLogInboxRows } from "@vaultproof/db/queries/has-log-inbox-rows";
import { LRUCache } from "lru-cache";
import { runPeriodically } from "../ops/run-periodically.js";
import { LINK_BATCH, linkBatch, type KnownHead, type LinkDependencies } from "./link-batch.js";

/** Gives what was logged its place in its chain: one replica at a time, whichever comes first. */
export interface LogLinker {
  /** Says that this process has written something: it is linked within a moment. */
  nudge(): void;
  /** Resolves when all that was written of a chain before is linked. Throws what the database does. */
  link(chain: string): Promise<void>;
  /** Links what there is, unless another replica is at it, and stops. */
  close(): Promise<void>;
}

/** Milliseconds for which rows of this process may wait for others, and for what other processes left. */
const GATHER_MS = 250;
const LOOK_EVERY_MS = 5000;
/** Chains whose head is kept in memory. */
const KEPT_HEADS = 10_000;

/** Makes the linker of this process. */
export function createLogLinker(
  options: Omit<LinkDependencies, "known"> & {
    /** Told why rows were not linked; they stay in the inbox and are tried again. */
    readonly onError: (error: unknown) => void;
  },
): LogLinker {
  const deps = { ...options, known: new LRUCache<string, KnownHead>({ max: KEPT_HEADS }) };
  const inTurn = createTurns();
  let timer: NodeJS.Timeout | undefined;

  const linkAll = async (request: { wait: boolean; chain?: string }): Promise<void> => {
    while ((await inTurn(() => linkBatch(deps, request))) === LINK_BATCH) {
      // Calls come between two batches.
      await setImmediate();
    }
  };
  const linkOthers = async (): Promise<void> => {
    if (await hasLogInboxRows(deps.db)) await linkAll({ wait: false });
  };
  const periodic = runPeriodically({
    work: linkOthers,
    intervalMs: LOOK_EVERY_MS,
    onError: options.onError,
  });
  return {
    nudge() {
      timer ??= setTimeout(() => {
        timer = undefined;
        linkAll({ wait: false }).catch(options.onError);
      }, GATHER_MS).unref();
    },
    async link(chain) {
      if (await hasLogInboxRows(deps.db, chain)) await linkAll({ wait: true, chain });
    },
    async close() {
      clearTimeout(timer);
      await periodic.stop();
      await linkOthers().catch(options.onError);
    },
  };
}

/** Runs one work after the other: those of this process would only wait for each other, each with a connection. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
}
