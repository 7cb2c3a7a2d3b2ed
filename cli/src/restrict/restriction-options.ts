import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { restrictionsSchema, type Restrictions } from "@vaultproof/protocol/restrictions";
import { CliError } from "../errors.js";

/** The flags by which a restriction is given without a file. */
export interface RestrictionFlags {
  readonly restrict?: string;
  readonly methods?: string;
  readonly paths?: string;
  readonly models?: string;
  readonly origins?: string;
  readonly ips?: string;
  readonly readOnly?: boolean;
  readonly perMinute?: string;
  readonly perDay?: string;
  readonly perMonth?: string;
  readonly maxBody?: string;
  readonly notAfter?: string;
}

/** Adds the flags to a command. */
export function withRestrictions(command: Command): Command {
  return command
    .option("--restrict <file>", "restrictions as JSON in a file; the flags below override it")
    .option("--methods <list>", "methods that may be used, such as GET,POST")
    .option(
      "--paths <list>",
      "paths that may be called; * at the end stands for any rest: /v1/chat/*,/v1/models",
    )
    .option("--models <list>", "models that a body may name")
    .option("--origins <list>", "web origins that may call")
    .option("--ips <list>", "addresses and CIDR ranges that may call")
    .option("--read-only", "GET and HEAD only")
    .option("--per-minute <count>", "calls a minute")
    .option("--per-day <count>", "calls a day")
    .option("--per-month <count>", "calls a month")
    .option("--max-body <bytes>", "bytes that the provider is sent at most")
    .option(
      "--not-after <when>",
      "when it ends: 2027-01-31, 2027-01-31T12:00Z, or from now on: 90m, 12h, 30d",
    );
}

/**
 * The restrictions that file and flags ask for; undefined where they ask for none.
 *
 * @param now milliseconds, for a time that is counted from now.
 * @throws CliError `input-invalid`, naming the flag or the member.
 */
export async function readRestrictions(
  flags: RestrictionFlags,
  now: () => number = Date.now,
): Promise<Restrictions | undefined> {
  const asked = {
    ...(flags.restrict === undefined ? {} : await readFileOf(flags.restrict)),
    ...fromFlags(flags, now),
  };
  if (Object.keys(asked).length === 0) return undefined;
  const parsed = restrictionsSchema.safeParse(asked);
  if (parsed.success) return parsed.data;
  const said = parsed.error.issues.map(({ path, message }) => [...path.map(String), message].join(": "));
  throw new CliError("input-invalid", `the restrictions cannot be: ${said.join("; ")}`);
}

async function readFileOf(file: string): Promise<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new CliError("input-invalid", `${file} is not a file of JSON that can be read`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CliError("input-invalid", `${file} holds no JSON object`);
  }
  return value as Record<string, unknown>;
}

function fromFlags(flags: RestrictionFlags, now: () => number): Record<string, unknown> {
  const asked: Record<string, unknown> = {
    methods:
      flags.methods === undefined ? undefined : listOf(flags.methods).map((method) => method.toUpperCase()),
    paths: flags.paths === undefined ? undefined : listOf(flags.paths),
    models: flags.models === undefined ? undefined : listOf(flags.models),
    origins: flags.origins === undefined ? undefined : listOf(flags.origins),
    ips: flags.ips === undefined ? undefined : listOf(flags.ips),
    mode: flags.readOnly === true ? "read-only" : undefined,
    perMinute: countOf(flags.perMinute, "--per-minute"),
    perDay: countOf(flags.perDay, "--per-day"),
    perMonth: countOf(flags.perMonth, "--per-month"),
    maxBody: countOf(flags.maxBody, "--max-body"),
    notAfter: flags.notAfter === undefined ? undefined : momentOf(flags.notAfter, now),
  };
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
}

function listOf(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function countOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,10}$/.test(text)) throw new CliError("input-invalid", `${name} is a whole number`);
  return Number(text);
}

const UNITS = { m: 60, h: 3600, d: 86_400 } as const;
const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** Unix seconds. A date without a time ends when that day ends, in UTC. */
function momentOf(text: string, now: () => number): number {
  const seconds = Math.floor(now() / 1000);
  const moment = readSpan(text, seconds) ?? readDate(text);
  if (moment === undefined) {
    throw new CliError(
      "input-invalid",
      "--not-after is a date such as 2027-01-31, or a span such as 12h or 30d",
    );
  }
  if (moment <= seconds) throw new CliError("input-invalid", "--not-after lies in the past");
  return moment;
}

function readSpan(text: string, from: number): number | undefined {
  const span = /^(\d{1,6})([mhd])$/.exec(text);
  return span === null ? undefined : from + Number(span[1]) * UNITS[span[2] as keyof typeof UNITS];
}

function readDate(text: string): number | undefined {
  const moment = DATE.test(text) ? Date.parse(text.includes("T") ? text : `${text}T23:59:59Z`) : Number.NaN;
  return Number.isNaN(moment) ? undefined : Math.floor(moment / 1000);
}
