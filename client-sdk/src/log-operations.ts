import { LOG_LIMITS } from "@vaultproof/protocol/log-limits";
import { logsAnswerSchema, type LogsAnswer } from "@vaultproof/protocol/log-routes";
import { developerChain, slotChain } from "@vaultproof/protocol/log-row";
import { keyFingerprint } from "@vaultproof/protocol/developer-signature";
import { requireSlotId } from "./developer-input.js";
import type { DeveloperSession } from "./developer-session.js";
import type { downloadLog, LogExport } from "./log-export.js";
import { VaultProofError } from "./sdk-error.js";

/** Which page of a log, from 1, and how many rows it has: 50 unless told, 200 at most. */
export interface LogPageOptions {
  readonly page?: number | undefined;
  readonly limit?: number | undefined;
}

/** The log of calls and of management. Every method may throw VaultProofError. */
export interface LogOperations {
  /** What was called on a slot, newest first. */
  ofSlot(keySlotId: string, page?: LogPageOptions): Promise<LogsAnswer>;
  /** What this developer managed, newest first. */
  ofDeveloper(page?: LogPageOptions): Promise<LogsAnswer>;
  /**
   * All that is kept of a slot's calls.
   *
   * @throws VaultProofError `answer-unverified` for a head that the pinned server did not sign; `log-rewritten` where the
   *   log does not hold what this device has seen of it before.
   */
  exportSlot(keySlotId: string): Promise<LogExport>;
  /** All that is kept of what this developer managed. Throws as `exportSlot` does. */
  exportDeveloper(): Promise<LogExport>;
}

/** Asking twice changes nothing. */
const ATTEMPTS = 3;

/** The operations on the log, within one session. */
export function createLogOperations(
  session: Pick<DeveloperSession, "request" | "developer" | "documents" | "state">,
): LogOperations {
  const keyid = keyFingerprint(session.developer.publicKey);
  const read = (path: string, options: LogPageOptions = {}): Promise<LogsAnswer> => {
    const query = pageQuery(options);
    return session.request({ method: "GET", path, query, answer: logsAnswerSchema, attempts: ATTEMPTS });
  };
  return {
    ofSlot: async (keySlotId, page) => {
      requireSlotId(keySlotId);
      return await read(`/api/v1/keys/${keySlotId}/logs`, page);
    },
    ofDeveloper: async (page) => await read("/api/v1/developers/logs", page),
    exportSlot: async (keySlotId) => {
      requireSlotId(keySlotId);
      const path = `/api/v1/keys/${keySlotId}/logs/export`;
      return await download(session, { path, chain: slotChain(keySlotId) });
    },
    exportDeveloper: () =>
      download(session, { path: "/api/v1/developers/logs/export", chain: developerChain(keyid) }),
  };
}

/** Few pages ever export a log, and the reader of CSV is large. */
async function download(...parameters: Parameters<typeof downloadLog>): Promise<LogExport> {
  const { downloadLog } = await import("./log-export.js");
  return await downloadLog(...parameters);
}

function pageQuery({ page = 1, limit = 50 }: LogPageOptions): string {
  const isPage = Number.isInteger(page) && page >= 1 && page <= 1_000_000_000;
  if (!isPage || !Number.isInteger(limit) || limit < 1 || limit > LOG_LIMITS.pageRows) {
    throw new VaultProofError(
      "invalid-argument",
      `page is a whole number from 1, limit one from 1 to ${LOG_LIMITS.pageRows}`,
    );
  }
  return `page=${page}&limit=${limit}`;
}
