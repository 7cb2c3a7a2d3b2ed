import { randomBytes } from "node:crypto";
import type { Database } from "@vaultproof/db/database";
import { appendCallLog, type CallLogEntry } from "@vaultproof/db/queries/append-call-log";
import { readLogExport } from "@vaultproof/db/queries/read-log-export";
import type { LogHeads } from "@vaultproof/protocol/log-head";
import { logRowHash, NO_ROW_HASH, slotChain, type LogRow } from "@vaultproof/protocol/log-row";
import type { ChainPlace } from "@vaultproof/server/audit/judge-chain";
import { linkBatch, type KnownHead, type LinkDependencies } from "@vaultproof/server/audit/link-batch";
import { createLogSigner, pointOf } from "@vaultproof/server/audit/log-signer";
import type { ManagementAct } from "@vaultproof/server/audit/management-act";
import { createServerIdentity, type ServerIdentity } from "@vaultproof/server/keys/identity";
import { LRUCache } from "lru-cache";

/** A server as far as it links the log. */
export interface LinkingServer {
  readonly identity: ServerIdentity;
  /** Chains that it found broken, in order. */
  readonly broken: readonly string[];
  /** Links one batch; throws as the server's own would. */
  link(request?: { wait?: boolean; chain?: string }): Promise<number | null>;
}

/** A server with an identity of its own, unless it is another one of the same. */
export function linkingServer(
  db: Database,
  options: { identity?: ServerIdentity; oldIdentities?: readonly string[] } = {},
): LinkingServer {
  const { identity = createServerIdentity(randomBytes(32)), oldIdentities = [] } = options;
  const broken: string[] = [];
  const deps: LinkDependencies = {
    db,
    signer: createLogSigner({ identity, oldIdentities }),
    known: new LRUCache<string, KnownHead>({ max: 100 }),
    onBroken: (chain, problem) => broken.push(`${chain} ${problem}`),
  };
  return { identity, broken, link: ({ wait = true, ...rest } = {}) => linkBatch(deps, { wait, ...rest }) };
}

/** A call of a slot that was answered. */
export function loggedCall(
  slot: { readonly id: string; readonly developerId: string },
  overrides: Partial<CallLogEntry> = {},
): CallLogEntry {
  return {
    chain: slotChain(slot.id),
    slotId: slot.id,
    developerId: slot.developerId,
    appId: "my-app",
    method: "POST",
    endpoint: "/v1/chat/completions",
    statusCode: 200,
    latencyMs: 12.6,
    outcome: "answered",
    requestHash: randomBytes(32),
    nullifier: randomBytes(32),
    root: randomBytes(32),
    ...overrides,
  };
}

/** What a developer asks of a slot, for tests that leave the routes out. */
export function actOfTest(slot: { readonly slotId: string; readonly developerId: string }): ManagementAct {
  return { ...slot, method: "POST", endpoint: "/api/v1/keys/test", appId: null, status: 200, started: 0 };
}

const STAGE_IDENTITY = createServerIdentity(randomBytes(32));

/** Appends entries and gives everything in the inbox its place, as a server does within a moment. */
export async function appendLinked(
  db: Database,
  entries: readonly CallLogEntry[],
  identity: ServerIdentity = STAGE_IDENTITY,
): Promise<void> {
  await appendCallLog(db, entries);
  const server = linkingServer(db, { identity });
  while (((await server.link()) ?? 0) > 0);
}

/** Appends so many calls, one after the other, numbered by their endpoint. */
export async function appendCalls(
  db: Database,
  slot: { readonly id: string; readonly developerId: string },
  endpoints: readonly string[],
): Promise<void> {
  await appendCallLog(
    db,
    endpoints.map((endpoint) => loggedCall(slot, { endpoint })),
  );
}

/** A whole chain as it is handed out. */
export async function readChain(
  db: Database,
  chain: string,
): Promise<{ rows: LogRow[] } & Partial<LogHeads>> {
  const read = await readLogExport(db, { chain, after: 0, limit: 100_000 });
  if (read === null) return { rows: [] };
  const [head, base] = [pointOf("head", read.chain), pointOf("base", read.chain)];
  return {
    rows: read.rows.map(toLogRow),
    ...(head === undefined ? {} : { head }),
    ...(base === undefined ? {} : { base }),
  };
}

function toLogRow(row: LogRow): LogRow {
  return {
    chain: row.chain,
    seq: row.seq,
    at: row.at,
    developer: row.developer,
    slot: row.slot,
    app: row.app,
    subject: row.subject,
    method: row.method,
    endpoint: row.endpoint,
    status: row.status,
    latencyMs: row.latencyMs,
    outcome: row.outcome,
    count: row.count,
    requestHash: row.requestHash,
    nullifier: row.nullifier,
    root: row.root,
    prevHash: row.prevHash,
    hash: row.hash,
  };
}

/** Rows that follow each other, made without a server. */
export function chainOf(
  count: number,
  chain: string,
  members: (seq: number) => Partial<LogRow> = () => ({}),
) {
  const rows: LogRow[] = [];
  let before: ChainPlace = { seq: 0, hash: NO_ROW_HASH, at: 1_790_000_000 };
  for (let seq = 1; seq <= count; seq++) {
    const content = { ...CALL, chain, seq, at: before.at + 1, ...members(seq) };
    const hash = logRowHash(before.hash, content);
    rows.push({ ...content, prevHash: before.hash, hash });
    before = { seq, hash, at: content.at };
  }
  return rows;
}

const CALL = {
  developer: "d".repeat(43),
  slot: "3f2b8c1e-5d47-4a90-8b6c-0e1f2a3b4c5d",
  app: "my-app",
  subject: null,
  method: "POST",
  endpoint: "/v1/models",
  status: 200,
  latencyMs: 12,
  outcome: "answered",
  count: 1,
  requestHash: "ab".repeat(32),
  nullifier: "01".repeat(32),
  root: "02".repeat(32),
};

/** Runs statements with the log's triggers off, as whoever owns the database can. */
export async function tamper(db: Database, ...statements: string[]): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.execute("ALTER TABLE call_log DISABLE TRIGGER USER");
    for (const statement of statements) await tx.execute(statement);
    await tx.execute("ALTER TABLE call_log ENABLE TRIGGER USER");
  });
}
