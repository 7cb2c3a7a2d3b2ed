import { verifyEd25519 } from "./developer-key.js";
import { readLogCsv, LogCsvError } from "./log-csv.js";
import { checkLogPoint, signedLogPointSchema, type LogPointKind, type SignedLogPoint } from "./log-head.js";
import { BROKEN_CHAIN_HASH, logRowHash, logRowSchema, NO_ROW_HASH, type LogRow } from "./log-row.js";

/** What can be wrong with an export, one word each, with what it means. */
export const LOG_PROBLEMS = {
  "head-unreadable": "the head is not one that a server writes",
  "head-foreign": "the head is signed by another server, or is of another chain",
  "head-forged": "the signature of the head does not hold",
  "base-unreadable": "the base is not one that a server writes",
  "base-foreign": "the base is signed by another server, or is of another chain",
  "base-forged": "the signature of the base does not hold",
  "not-csv": "this is no export of a log",
  unreadable: "this row is not one that a server writes",
  "foreign-chain": "this row is of another chain",
  changed: "this row is not as it was written",
  missing: "this row is missing",
  inserted: "there is a row in its place that does not belong there",
  duplicated: "this row is there twice",
  reordered: "this row is not in its place",
  "truncated-beginning": "the rows begin behind this one, which should be the first",
  "truncated-end": "the rows end before this one, which the head says there is",
  "beyond-head": "this row is behind the last one that the head vouches for",
  rewritten: "the rows agree with each other, but not with the head: this row or one before it was changed",
  broken: "the server found the head of the chain replaced, and began anew with this row",
} as const;

/** The closed union of {@link LOG_PROBLEMS}. */
export type LogProblem = keyof typeof LOG_PROBLEMS;

/** Whether an export is whole and as it was written; `seq` names the first row that is not, null for no row. */
export type LogVerification =
  | { readonly ok: true; readonly rows: number; readonly from: number; readonly to: number }
  | { readonly ok: false; readonly seq: number | null; readonly problem: LogProblem };

/** An export, and what vouches for it. */
export interface LogToVerify {
  /** As exported. */
  readonly csv?: string | undefined;
  /** The rows instead, in their order. */
  readonly rows?: readonly unknown[] | undefined;
  readonly head: unknown;
  readonly base?: unknown;
  /** Fingerprint of the server that must have signed; the one that is pinned. */
  readonly serverIdentity: string;
}

/** Where a chain has been checked to. */
interface Place {
  readonly seq: number;
  readonly hash: string;
}

/**
 * Checks an export offline: that head and base are signed by this server, that the rows begin behind the base and end at
 * the head, and that each is what was written, in its place.
 *
 * Whoever changes a row and computes every hash behind it anew is found at the head alone: `rewritten` names the last
 * row then.
 */
export function verifyLog(log: LogToVerify): LogVerification {
  const { serverIdentity } = log;
  const head = readPoint("head", log.head, serverIdentity);
  if (typeof head === "string") return fail(null, head);
  const base =
    log.base === undefined || log.base === null ? undefined : readPoint("base", log.base, serverIdentity);
  if (typeof base === "string") return fail(null, base);
  if (base !== undefined && (base.chain !== head.chain || base.seq > head.seq))
    return fail(null, "base-foreign");
  let rows: readonly unknown[];
  try {
    rows = log.rows ?? readLogCsv(log.csv ?? "");
  } catch (error) {
    if (error instanceof LogCsvError) return fail(null, "not-csv");
    throw error;
  }
  return verifyRows(rows, head, base ?? { seq: 0, hash: NO_ROW_HASH });
}

function readPoint(kind: LogPointKind, value: unknown, serverIdentity: string): SignedLogPoint | LogProblem {
  const { success, data } = signedLogPointSchema.safeParse(value);
  if (!success) return `${kind}-unreadable`;
  const verdict = checkLogPoint(kind, data, { identities: [serverIdentity], verify: verifyEd25519 });
  return verdict === "holds" ? data : `${kind}-${verdict}`;
}

function verifyRows(rows: readonly unknown[], head: SignedLogPoint, start: Place): LogVerification {
  let before = start;
  for (const [i, value] of rows.entries()) {
    const seq = before.seq + 1;
    const row = logRowSchema.safeParse(value).data;
    const wrong = row === undefined ? "unreadable" : wrongWith(row, before, head);
    if (row !== undefined && wrong === null) {
      before = row;
      continue;
    }
    const isFirst = before.seq === start.seq;
    return explain({ rows, i, seq, row, wrong: wrong ?? "unreadable", isFirst, before });
  }
  if (before.seq < head.seq) return fail(before.seq + 1, "truncated-end");
  if (before.hash !== head.hash) return fail(head.seq, "rewritten");
  return { ok: true, rows: rows.length, from: start.seq + 1, to: head.seq };
}

/** What is wrong with a row in this place, by itself. */
function wrongWith(row: LogRow, before: Place, head: SignedLogPoint): LogProblem | null {
  if (row.chain !== head.chain) return "foreign-chain";
  if (before.seq >= head.seq) return "beyond-head";
  if (row.seq !== before.seq + 1) return "missing";
  if (row.hash === logRowHash(before.hash, row) && row.prevHash === before.hash) return null;
  return row.prevHash === BROKEN_CHAIN_HASH && row.hash === logRowHash(BROKEN_CHAIN_HASH, row)
    ? "broken"
    : "changed";
}

/** Says what was done to the rows, by what else is there. */
function explain(found: {
  readonly rows: readonly unknown[];
  readonly i: number;
  readonly seq: number;
  readonly row: LogRow | undefined;
  readonly wrong: LogProblem;
  readonly isFirst: boolean;
  readonly before: Place;
}): LogVerification {
  const { rows, i, seq, row, wrong, isFirst, before } = found;
  if (wrong === "broken" || wrong === "beyond-head") return fail(seq, wrong);
  const rest = rows.slice(i + 1);
  const isLater = rest.some((other) => followsTruly(other, before));
  if (row !== undefined && wrong !== "foreign-chain") {
    const earlier = rows.slice(0, i).some((other) => hashOf(other) === row.hash);
    if (earlier && row.seq < seq) return fail(row.seq, "duplicated");
    // It was computed over another row before it: that one was changed, with its hash.
    const isItself = row.hash === logRowHash(row.prevHash, row);
    if (wrong === "changed" && isItself && !isFirst && !isLater) return fail(before.seq, "changed");
    // Two for one place, the wrong one computed over the right row before it.
    if (row.seq === before.seq && isItself && !isLater) return fail(before.seq, "inserted");
    if (wrong === "missing" && isLater) {
      const isThereAgain = rest.some((other) => hashOf(other) === row.hash);
      return fail(seq, isItself && !isThereAgain ? "reordered" : "inserted");
    }
    if (wrong === "missing" && row.seq > seq)
      return fail(seq, isFirst && i === 0 ? "truncated-beginning" : "missing");
    if (wrong === "missing") return fail(seq, "changed");
  }
  return fail(seq, isLater ? "inserted" : wrong);
}

/** Whether this is the row that belongs behind `before`. */
function followsTruly(value: unknown, before: Place): boolean {
  const row = logRowSchema.safeParse(value).data;
  return (
    row?.seq === before.seq + 1 && row.hash === logRowHash(before.hash, row) && row.prevHash === before.hash
  );
}

function hashOf(value: unknown): unknown {
  return (Object(value) as { hash?: unknown }).hash;
}

function fail(seq: number | null, problem: LogProblem): LogVerification {
  return { ok: false, seq, problem };
}
