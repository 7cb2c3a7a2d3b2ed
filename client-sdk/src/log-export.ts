import { verifyEd25519 } from "@vaultproof/protocol/developer-key";
import { fromBase64Url } from "@vaultproof/protocol/encoding";
import { LOG_CSV_HEADER, readLogCsv } from "@vaultproof/protocol/log-csv";
import {
  checkLogPoint,
  logHeadsSchema,
  LOG_HEAD_HEADER,
  type LogHeads,
  type LogPointKind,
  type SignedLogPoint,
} from "@vaultproof/protocol/log-head";
import { LOG_LIMITS } from "@vaultproof/protocol/log-limits";
import type { DeveloperSession } from "./developer-session.js";
import type { SeenLogHead } from "./log-memory.js";
import { VaultProofError } from "./sdk-error.js";

/** A whole chain as CSV, and what vouches for it; give all of it to `verifyLog`. */
export interface LogExport {
  readonly csv: string;
  readonly head: SignedLogPoint;
  /** Where rows were dropped because they are kept no longer: the last of them. */
  readonly base?: SignedLogPoint;
}

/** Which chain, and where it is exported. */
interface LogSource {
  readonly path: string;
  readonly chain: string;
}

interface Page extends LogHeads {
  /** Without the header line. */
  readonly lines: string;
  /** Number of the last row; undefined for no rows. */
  readonly last: number | undefined;
}

const ATTEMPTS = 3;

/**
 * Downloads a whole chain, page by page up to the head of the first one, checks that the pinned server signed that head,
 * and that the chain holds the head that this device saw last.
 */
export async function downloadLog(
  session: Pick<DeveloperSession, "request" | "documents" | "state">,
  source: LogSource,
): Promise<LogExport> {
  const { fingerprint } = session.documents;
  const first = await readPage(session, source, { after: 0, limit: LOG_LIMITS.exportRows });
  const { head, base } = first;
  requireSigned("head", head, source.chain, fingerprint);
  if (base !== undefined) requireSigned("base", base, source.chain, fingerprint);
  const pages = [first];
  let last = first.last ?? head.seq;
  while (last < head.seq) {
    const limit = Math.min(LOG_LIMITS.exportRows, head.seq - last);
    const page = await readPage(session, source, { after: last, limit });
    // Rows are missing; whoever verifies finds which.
    if (page.last === undefined || page.last <= last) break;
    pages.push(page);
    last = page.last;
  }
  const csv = LOG_CSV_HEADER + pages.map(({ lines }) => lines).join("");
  const exported: LogExport = { csv, head, ...(base === undefined ? {} : { base }) };
  await compareWithSeen(session, source.chain, exported);
  return exported;
}

async function readPage(
  session: Pick<DeveloperSession, "request">,
  { path }: LogSource,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<Page> {
  return await session.request({
    method: "GET",
    path,
    query: `after=${after}&limit=${limit}`,
    raw: true,
    answer: { parse: (answer) => parsePage(answer as RawAnswer) },
    attempts: ATTEMPTS,
  });
}

interface RawAnswer {
  readonly text: string;
  readonly header: (name: string) => string | null;
}

function parsePage({ text, header }: RawAnswer): Page {
  const json = new TextDecoder().decode(fromBase64Url(header(LOG_HEAD_HEADER) ?? ""));
  const { head, base } = logHeadsSchema.parse(JSON.parse(json));
  if (!text.startsWith(LOG_CSV_HEADER)) throw new TypeError("not an export");
  const seq = readLogCsv(text).at(-1)?.seq;
  return {
    head,
    ...(base === undefined ? {} : { base }),
    lines: text.slice(LOG_CSV_HEADER.length),
    last: typeof seq === "number" ? seq : undefined,
  };
}

function requireSigned(kind: LogPointKind, point: SignedLogPoint, chain: string, fingerprint: string): void {
  const verdict = checkLogPoint(kind, point, { identities: [fingerprint], verify: verifyEd25519 });
  if (verdict === "holds" && point.chain === chain) return;
  throw new VaultProofError("answer-unverified", `the ${kind} of the log is not signed by the pinned server`);
}

/** Whoever writes to the database can put an older log there, with the head that was true of it. */
async function compareWithSeen(
  session: Pick<DeveloperSession, "documents" | "state">,
  chain: string,
  { csv, head, base }: LogExport,
): Promise<void> {
  const { fingerprint } = session.documents;
  const seen = await session.state.loadLogHead(fingerprint, chain);
  const isHeld = seen === undefined || holds(seen, { csv, head, base });
  if (isHeld === false) {
    throw new VaultProofError(
      "log-rewritten",
      `this device has seen it reach to row ${seen.seq}, and what is there now does not hold that row`,
    );
  }
  // Where the row is missing, whoever verifies is told so, and what was seen stays what was seen.
  if (isHeld === true && (seen?.seq ?? -1) < head.seq) {
    await session.state.saveLogHead(fingerprint, chain, { seq: head.seq, hash: head.hash });
  }
}

/** Whether the chain has the row that was seen; undefined where there is none with its number. */
function holds(
  seen: SeenLogHead,
  { csv, head, base }: { csv: string; head: SignedLogPoint; base: SignedLogPoint | undefined },
): boolean | undefined {
  if (seen.seq === 0) return true;
  if (seen.seq > head.seq) return false;
  if (seen.seq === head.seq) return seen.hash === head.hash;
  if (base !== undefined && seen.seq <= base.seq) return seen.seq < base.seq || seen.hash === base.hash;
  const row = readLogCsv(csv).find(({ seq }) => seq === seen.seq);
  return row === undefined ? undefined : row.hash === seen.hash;
}
