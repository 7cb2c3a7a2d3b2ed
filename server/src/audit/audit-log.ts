import type { Database } from "@vaultproof/db/database";
import type { ServerIdentity } from "../keys/identity.js";
import { createCallLog, type CallLog } from "../proxy/log-call.js";
import { createLogWriter, type LogWriter } from "../proxy/log-writer.js";
import type { OnTiming } from "../proxy/step-timer.js";
import { createLogLinker } from "./log-linker.js";
import { createLogSigner, type LogSigner } from "./log-signer.js";
import { createRefusalCounter, type RefusalCounter } from "./refusal-counter.js";

/** Where the operator is told what goes wrong with the log. */
export interface AuditNotices {
  error(details: Record<string, unknown>, message: string): void;
}

/** All that writes to the log, and what gives it its chains. */
export interface AuditLog {
  readonly calls: CallLog;
  /** What is refused before anything is proved. */
  readonly refusals: RefusalCounter;
  /** For everything that is written down without anybody waiting for it. */
  readonly writer: LogWriter;
  readonly signer: LogSigner;
  /** Says that a transaction of this process has appended something. */
  nudge(): void;
  /** Resolves when all that this process wrote of a chain, and all that others had committed, has its place. */
  settle(chain: string): Promise<void>;
  /** Writes and links what there is. */
  close(): Promise<void>;
}

/** Makes the log of this process. */
export function createAuditLog({
  db,
  identity,
  oldIdentities,
  log,
  onTiming,
}: {
  readonly db: Database;
  readonly identity: ServerIdentity;
  /** Fingerprints of earlier identities of this server. */
  readonly oldIdentities: readonly string[];
  readonly log: AuditNotices;
  /** For benchmarks. */
  readonly onTiming?: OnTiming | undefined;
}): AuditLog {
  const signer = createLogSigner({ identity, oldIdentities });
  const linker = createLogLinker({
    ...{ db, signer },
    onError: (err) => log.error({ err }, "the log could not be linked; it is tried again"),
    onBroken: (chain, problem) => log.error({ chain, problem }, BROKEN[problem]),
  });
  const onError = (err: unknown, lost: number): void => log.error({ err, lost }, "calls could not be logged");
  const writer = createLogWriter({ db, onError, onTiming, onWritten: () => linker.nudge() });
  const refusals = createRefusalCounter({
    db,
    onWritten: () => linker.nudge(),
    onError: (err) => log.error({ err }, "refusals could not be logged; it is tried again"),
  });
  const calls = createCallLog({ writer, refusals, onError });
  return {
    ...{ calls, refusals, writer, signer },
    nudge: () => linker.nudge(),
    async settle(chain) {
      await writer.flush();
      await linker.link(chain);
    },
    async close() {
      await calls.ended();
      await refusals.close();
      await writer.flush();
      await linker.close();
    },
  };
}

const BROKEN = {
  rows: "rows of the log are not as this server wrote them: exports of this chain do not verify",
  head:
    "the head of a chain of the log is not what this server signed last (changed, set back, or signed under an identity " +
    "that SERVER_IDENTITIES_OLD does not name): the chain goes on behind a break, and does not verify",
} as const;
