import { readFile } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import { keyFingerprint } from "@vaultproof/protocol/developer-signature";
import { EncodingError, fromBase64Url } from "@vaultproof/protocol/encoding";
import { logHeadsSchema, type LogHeads } from "@vaultproof/protocol/log-head";
import { LOG_PROBLEMS, verifyLog, type LogVerification } from "@vaultproof/protocol/verify-log";
import { CliError } from "../errors.js";
import type { Output } from "../output.js";
import { createTerminal, type Terminal } from "../terminal.js";
import type { Environment } from "../environment.js";

/** What `vaultproof audit verify` is told. */
export interface AuditVerifyOptions {
  /** The export; `-` for standard input. */
  readonly file: string;
  /** Where head and base are; `<file>.head.json` unless told. */
  readonly head?: string | undefined;
  /** Fingerprint of the server that must have signed; whoever signed the head unless told. */
  readonly serverIdentity?: string | undefined;
  /** One JSON document instead of words. */
  readonly json?: boolean | undefined;
}

const FINGERPRINT = /^[A-Za-z0-9_-]{43}$/;

/**
 * `vaultproof audit verify`: checks an export of the log offline.
 *
 * @returns the exit code: 0 where it is whole and as it was written, 1 where it is not.
 * @throws CliError `audit-input` for what cannot be read or was not given.
 */
export async function auditVerify(
  options: AuditVerifyOptions,
  { env, output, input }: { env: Environment; output: Output; input: NodeJS.ReadableStream },
): Promise<number> {
  const terminal = createTerminal({ output, env });
  if (options.serverIdentity !== undefined && !FINGERPRINT.test(options.serverIdentity)) {
    throw new CliError("audit-input", "--server-identity is a fingerprint of 43 characters");
  }
  const heads = await readHeads(options);
  const csv = options.file === "-" ? await readAll(input) : await read(options.file);
  const signer = fingerprintOf(heads);
  const serverIdentity = options.serverIdentity ?? signer;
  const verdict = verifyLog({ csv, ...heads, serverIdentity });
  if (options.json === true) {
    const pinned = options.serverIdentity !== undefined;
    const problem = verdict.ok ? {} : { message: LOG_PROBLEMS[verdict.problem] };
    output.write(`${JSON.stringify({ chain: heads.head.chain, ...verdict, ...problem, signer, pinned })}\n`);
    return verdict.ok ? 0 : 1;
  }
  tell(terminal, verdict, heads);
  if (verdict.ok && options.serverIdentity === undefined) {
    terminal.note(
      `signed by ${signer}: compare it with the fingerprint of your server, or give --server-identity`,
    );
  }
  return verdict.ok ? 0 : 1;
}

function tell(terminal: Terminal, verdict: LogVerification, { head }: LogHeads): void {
  if (verdict.ok) {
    const rows = verdict.rows === 1 ? "1 row" : `${verdict.rows} rows`;
    const kept = verdict.from > 1 ? `; what came before row ${verdict.from} is kept no longer` : "";
    terminal.good(`${head.chain}: ${rows}, up to row ${verdict.to}, whole and as they were written${kept}`);
    return;
  }
  const where = verdict.seq === null ? "" : `row ${verdict.seq}: `;
  terminal.bad(`${head.chain}: ${where}${LOG_PROBLEMS[verdict.problem]}`);
}

async function readHeads({ file, head }: AuditVerifyOptions): Promise<LogHeads> {
  if (head === undefined && file === "-") {
    throw new CliError("audit-input", "an export from standard input needs --head <file.json>");
  }
  const place = head ?? `${file}.head.json`;
  const text = await read(place);
  let parsed: ReturnType<typeof logHeadsSchema.safeParse>;
  try {
    parsed = logHeadsSchema.safeParse(JSON.parse(text));
  } catch (cause) {
    throw new CliError("audit-input", `${place} is not JSON`, { cause });
  }
  if (!parsed.success) throw new CliError("audit-input", `${place} holds no { head, base } of an export`);
  return parsed.data;
}

function fingerprintOf({ head }: LogHeads): string {
  try {
    return keyFingerprint(fromBase64Url(head.identity));
  } catch (cause) {
    if (!(cause instanceof EncodingError)) throw cause;
    throw new CliError("audit-input", "the head names no key", { cause });
  }
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new CliError("audit-input", `${path} cannot be read`, { cause });
  }
}
