import type { LOG_PROBLEMS, verifyLog } from "@vaultproof/protocol/verify-log";

/** What checks an export, and what its verdicts mean. */
export interface LogVerifier {
  readonly verifyLog: typeof verifyLog;
  readonly LOG_PROBLEMS: typeof LOG_PROBLEMS;
}

/** Few pages ever check a log, and the reader of CSV is large: it is loaded when asked for. */
export const loadLogVerifier = (): Promise<LogVerifier> => import("@vaultproof/protocol/verify-log");
