import type { CallLogEntry } from "@vaultproof/db/queries/append-call-log";
import { ERRORS } from "@vaultproof/protocol/errors";
import { bytesToHex } from "@vaultproof/protocol/encoding";
import { slotChain } from "@vaultproof/protocol/log-row";
import { LRUCache } from "lru-cache";
import type { RefusalCounter } from "../audit/refusal-counter.js";
import { ServerError } from "../errors.js";
import { CallerGoneError } from "./call-upstream.js";
import type { LogWriter } from "./log-writer.js";
import { pathOf } from "./target-path.js";
import type { AuthorisedCall } from "./verify-proof.js";

/** How a call ended. */
export interface CallOutcome {
  /** The status that the caller was answered. */
  readonly status: number;
  /** `answered`, `interrupted` (the answer broke off), `caller gone`, or the code of a refusal. */
  readonly outcome: string;
}

/** Writes down calls without making anybody wait, soon after they have ended. */
export interface CallLog {
  /**
   * Step 10: writes the call down once it has ended. Never throws; a call that cannot be written down is reported to
   * the operator's log.
   *
   * @param started when the call began, by `performance.now()`.
   * @param subject the end user of whom the call was proved to be; null for none.
   */
  append(
    call: AuthorisedCall,
    started: number,
    ended: CallOutcome | Promise<CallOutcome>,
    subject?: string | null,
  ): void;
  /** Resolves when every call that was appended so far has ended and is with the writer. */
  ended(): Promise<void>;
}

/** Calls that were refused and are remembered as such: some ten megabytes. */
const REMEMBERED_REFUSALS = 50_000;
/** Outcomes of calls whose nullifier is burnt for certain. */
const REACHED_PROVIDER: ReadonlySet<string> = new Set(["answered", "interrupted"]);
/** nginx's number for a caller that did not wait; it is never sent. */
const CALLER_GONE_STATUS = 499;

/**
 * The log of calls whose proof held: never a body, a share, a proof, a key or a query. Without a proof nobody can
 * write into a slot's log. A call that was refused before it burnt its nullifier can be sent again and again until it
 * expires; it has one row, and its repeats are counted.
 *
 * @param options.onError is told why an entry was lost.
 */
export function createCallLog(options: {
  readonly writer: Pick<LogWriter, "write">;
  readonly refusals: Pick<RefusalCounter, "ofCall">;
  readonly onError: (error: unknown, lost: number) => void;
}): CallLog {
  const open = new Set<Promise<void>>();
  const refused = new LRUCache<string, true>({ max: REMEMBERED_REFUSALS });
  const write = (call: AuthorisedCall, entry: CallLogEntry): void => {
    const { outcome, statusCode } = entry;
    if (!REACHED_PROVIDER.has(outcome)) {
      const nullifier = bytesToHex(call.nullifier);
      if (refused.has(nullifier)) {
        options.refusals.ofCall(call.slot.id, outcome, statusCode);
        return;
      }
      refused.set(nullifier, true);
    }
    options.writer.write(entry);
  };
  return {
    append(call, started, ended, subject = null) {
      const ending = Promise.resolve(ended)
        .then((outcome) => write(call, { ...entryOf(call, started, outcome), subject }))
        .catch((error: unknown) => options.onError(error, 1))
        .finally(() => open.delete(ending));
      open.add(ending);
    },
    async ended() {
      await Promise.all(open);
    },
  };
}

function entryOf(
  { slot, grant, call, requestHash, nullifier }: AuthorisedCall,
  started: number,
  { status, outcome }: CallOutcome,
): CallLogEntry {
  return {
    ...{ requestHash, nullifier, outcome },
    chain: slotChain(slot.id),
    slotId: slot.id,
    root: slot.appRoot,
    developerId: slot.developerId,
    appId: grant.appId,
    method: call.method,
    endpoint: pathOf(call.targetPath),
    statusCode: status,
    latencyMs: performance.now() - started,
  };
}

/** How a call ended that threw. */
export function outcomeOf(error: unknown): CallOutcome {
  if (error instanceof CallerGoneError) return { status: CALLER_GONE_STATUS, outcome: "caller gone" };
  const code = error instanceof ServerError ? error.code : "internal";
  return { status: ERRORS[code].status, outcome: code };
}
