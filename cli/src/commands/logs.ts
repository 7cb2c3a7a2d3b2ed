import { setTimeout as sleep } from "node:timers/promises";
import { writeFile } from "node:fs/promises";
import type { LogEntry } from "@vaultproof/protocol/log-routes";
import type { VaultProof } from "@vaultproof/sdk";
import type { Command } from "commander";
import type { CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import { readSlotId } from "../input/slot-id.js";
import { newEntries } from "../logs/new-entries.js";
import { createReport, showTime, table } from "../report.js";
import { withSession } from "../session/open-session.js";
import { listenForStop } from "../signals.js";
import { duration } from "../terminal.js";
import { withService, type ServiceOptions } from "./options.js";

interface LogsOptions extends ServiceOptions {
  readonly follow?: boolean;
  readonly csv?: boolean;
  readonly out?: string;
  readonly page: string;
  readonly limit: string;
}

const POLL_MS = 2_000;
const HEADING = [
  "TIME",
  "APP",
  "SUBJECT",
  "METHOD",
  "ENDPOINT",
  "STATUS",
  "TOOK",
  "OUTCOME",
  "COUNT",
] as const;
const HELP = `
Without a slot: what this developer managed. With --csv --out FILE the signed head lies beside it in FILE.head.json, and
\`vaultproof audit verify FILE\` checks both, also without the service.`;

/** `vaultproof logs`. */
export function registerLogs(program: Command, context: CommandContext): void {
  const command = program
    .command("logs")
    .description("show what was called on a stored key, or what was managed")
    .argument("[slot]", "id of the key slot, as `keys list` shows it", readSlotId)
    .option("--follow", "go on with what comes, until Ctrl-C; with --json a line each")
    .option("--csv", "export all that is kept, as CSV")
    .option("--out <file>", "write the export to this new file, its signed head beside it")
    .option("--page <number>", "page from 1, the newest first", "1")
    .option("--limit <count>", "entries of a page, 200 at most", "50")
    .addHelpText("after", HELP);
  withService(command).action(async (slot: string | undefined, options: LogsOptions) => {
    if (options.csv === true && options.follow === true) {
      throw new CliError("input-invalid", "--csv exports what is there; --follow goes on with what comes");
    }
    if (options.out !== undefined && options.csv !== true) {
      throw new CliError("input-invalid", "--out is for --csv");
    }
    await withSession(context, options, createReport(context, options), async ({ vault }) => {
      if (options.csv === true) await exportLog(context, vault, slot, options);
      else if (options.follow === true) await follow(context, vault, slot, options);
      else await showPage(context, vault, slot, options);
    });
  });
}

function read(vault: VaultProof, slot: string | undefined, page: { page: number; limit: number }) {
  return slot === undefined ? vault.logs(page) : vault.keys.logs(slot, page);
}

async function showPage(
  context: CommandContext,
  vault: VaultProof,
  slot: string | undefined,
  options: LogsOptions,
): Promise<void> {
  const answer = await read(vault, slot, {
    page: countOf(options.page, "--page"),
    limit: countOf(options.limit, "--limit"),
  });
  const rows = answer.logs.map(row);
  const text = rows.length === 0 ? "nothing yet" : table([[...HEADING], ...rows]);
  const report = createReport(context, options);
  report.result(answer, text);
  if (slot === undefined)
    report.note("This is what was managed. Calls: vaultproof logs SLOT, with an id of `keys list`.");
}

async function exportLog(
  context: CommandContext,
  vault: VaultProof,
  slot: string | undefined,
  options: LogsOptions,
): Promise<void> {
  const report = createReport(context, options);
  const { csv, ...heads } = await report.during("exporting", () =>
    slot === undefined ? vault.exportLogs() : vault.keys.exportLogs(slot),
  );
  if (options.out === undefined) {
    report.result({ csv, ...heads }, csv);
    report.note("to be able to check it later, export it with --out FILE: that keeps its signed head");
    return;
  }
  const headFile = `${options.out}.head.json`;
  await writeNew(options.out, csv);
  await writeNew(headFile, `${JSON.stringify(heads)}\n`);
  report.result(
    { file: options.out, headFile },
    `exported to ${options.out}; its signed head is in ${headFile}`,
  );
}

async function writeNew(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { mode: 0o600, flag: "wx" });
  } catch (cause) {
    throw new CliError("input-invalid", `${file} cannot be made`, {
      cause,
      hint: "--out names a file that does not exist yet",
    });
  }
}

/** Entries as they come, the oldest first, until somebody stops it. */
async function follow(
  context: CommandContext,
  vault: VaultProof,
  slot: string | undefined,
  options: LogsOptions,
): Promise<void> {
  const stop = listenForStop();
  const ended = new AbortController();
  void stop.received.then(() => ended.abort());
  const page = { page: 1, limit: countOf(options.limit, "--limit") };
  let seen: readonly LogEntry[] = [];
  try {
    while (!ended.signal.aborted) {
      const { logs } = await read(vault, slot, page);
      for (const entry of newEntries(seen, logs)) {
        context.stdout.write(
          options.json === true ? `${JSON.stringify(entry)}\n` : `${row(entry).join("  ")}\n`,
        );
      }
      seen = logs;
      await sleep(POLL_MS, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  } finally {
    stop.release();
  }
}

function row(entry: LogEntry): string[] {
  const { createdAt, appId, subject, method, endpoint, statusCode, latencyMs, outcome, count } = entry;
  const took = latencyMs === null ? "-" : duration(latencyMs);
  const texts = [appId, subject, method, endpoint, statusCode].map((value) =>
    value === null ? "-" : printable(String(value)),
  );
  return [showTime(createdAt), ...texts, took, outcome, String(count)];
}

/** What came from outside must not steer the terminal. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e\u00a1-\uffff]/g, "?");
}

function countOf(text: string, name: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new CliError("input-invalid", `${name} is a whole number from 1`);
  return Number(text);
}
