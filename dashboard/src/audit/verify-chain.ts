import {
  loadLogVerifier,
  VaultProofError,
  type DeveloperVault,
  type LogExport,
  type LogProblem,
} from "@vaultproof/sdk/browser";

/** Which log: the id of a slot for its calls, undefined for what the developer managed. */
export type LogName = string | undefined;

/** What is wrong with a chain, in words. */
export interface ChainProblem {
  readonly code: LogProblem | "log-rewritten" | "answer-unverified";
  /** The first row that is not as it should be; null where it is about no row. */
  readonly seq: number | null;
  readonly words: string;
}

/** What came of checking a whole chain in this page. */
export interface ChainVerdict {
  /** Fingerprint of the server that must have signed: the one that this device has pinned. */
  readonly serverIdentity: string;
  /** Undefined for a chain that is whole and as it was written. */
  readonly problem: ChainProblem | undefined;
  /** What was checked; undefined where it was refused before it could be: `log-rewritten`, `answer-unverified`. */
  readonly exported: LogExport | undefined;
  /** Rows that were read. */
  readonly rows: number;
  /** Numbers of the first row and of the last that agrees with those before it. Only without a problem do head and signature vouch for them. */
  readonly from: number;
  readonly to: number;
}

/** The operations that checking needs of a vault. */
export type LogExporter = Pick<DeveloperVault, "exportLogs" | "serverIdentity"> & {
  readonly keys: Pick<DeveloperVault["keys"], "exportLogs">;
};

/** All that is kept of a log, as the server signed it. @throws VaultProofError */
export function exportLog(vault: LogExporter, log: LogName): Promise<LogExport> {
  return log === undefined ? vault.exportLogs() : vault.keys.exportLogs(log);
}

/**
 * Exports a chain and checks it here: each row against the one before, the last against the head, the head against the pinned
 * server's key, and all of it against what this device saw of the chain before.
 *
 * @throws VaultProofError where it cannot be exported; a log that is not what it should be is a verdict, not an error.
 */
export async function verifyChain(vault: LogExporter, log: LogName): Promise<ChainVerdict> {
  const { serverIdentity } = vault;
  let exported: LogExport;
  try {
    exported = await exportLog(vault, log);
  } catch (error) {
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    return { serverIdentity, problem, exported: undefined, rows: 0, from: 1, to: 0 };
  }
  const { verifyLog, LOG_PROBLEMS } = await loadLogVerifier();
  const verdict = verifyLog({ ...exported, serverIdentity });
  const from = (exported.base?.seq ?? 0) + 1;
  if (verdict.ok) {
    return { serverIdentity, exported, problem: undefined, rows: verdict.rows, from, to: verdict.to };
  }
  const { seq, problem: code } = verdict;
  return {
    ...{ serverIdentity, exported, from },
    problem: { code, seq, words: LOG_PROBLEMS[code] },
    rows: countLines(exported.csv),
    to: seq === null || code === "rewritten" ? from - 1 : Math.max(seq - 1, from - 1),
  };
}

/** Two errors of an export say that the log is not to be trusted, not that there is none. */
function problemOf(error: unknown): ChainProblem | undefined {
  if (!(error instanceof VaultProofError)) return undefined;
  const { code, message } = error;
  if (code !== "log-rewritten" && code !== "answer-unverified") return undefined;
  return { code, seq: null, words: message };
}

/** Without the header line. No cell of an export holds a line end. */
function countLines(csv: string): number {
  return csv.split("\r\n").length - 2;
}
