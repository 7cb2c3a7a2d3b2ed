/**
 * A `.env` file is worked on as Latin-1 text: a character a byte, so that whatever is not touched comes out as it went
 * in, in every encoding that ASCII is a part of.
 */
export type EnvText = string;

/** One assignment as dotenv reads it; offsets into the text. */
export interface Assignment {
  readonly name: string;
  /** The value without quotes and surrounding white space. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
  readonly exported: boolean;
  /** From 1. */
  readonly line: number;
}

/** dotenv's own expression, and where its second group lies. */
const LINE =
  /^\s*(export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?(?:$|$)/dgm;
const COMMENTED = /^[ \t]*#[# \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*=[ \t]*(['"`]?)([^\s'"`#]+)\2/dgm;
const BOM = "\u00ef\u00bb\u00bf";

export function readEnvText(bytes: Uint8Array): EnvText {
  return Buffer.from(bytes).toString("latin1");
}

export function envBytes(text: EnvText): Buffer {
  return Buffer.from(text, "latin1");
}

/** Whether it is text that dotenv would read at all: not UTF-16, no NUL. */
export function isEnvText(text: EnvText): boolean {
  return !/^(?:\u00ff\u00fe|\u00fe\u00ff)|\0/.test(text);
}

/** The assignments in the order in which they stand; for a name that stands twice, dotenv takes the last. */
export function parseEnv(text: EnvText): Assignment[] {
  // As dotenv sees it, without moving anything: a byte order mark is white space, a carriage return ends a line.
  const seen = text
    .replace(new RegExp(`^${BOM}`), "   ")
    .replaceAll("\r\n", " \n")
    .replaceAll("\r", "\n");
  const found: Assignment[] = [];
  for (const match of seen.matchAll(LINE)) {
    const [, exported, name = "", raw = ""] = match;
    const [nameAt, nameEnd] = match.indices?.[2] ?? [match.index, match.index];
    // Without a value, right behind the sign: the match itself may reach over empty lines.
    const at = match.indices?.[3]?.[0] ?? nameEnd + seen.slice(nameEnd).search(/[=:]/) + 1;
    const { start, end } = unquoted(raw, at);
    const line = lineOf(seen, nameAt);
    found.push({ name, value: seen.slice(start, end), start, end, exported: exported !== undefined, line });
  }
  return found;
}

/** Assignments that are commented out: dotenv does not read them, whoever opens the file does. */
export function parseCommented(text: EnvText): Assignment[] {
  return [...text.matchAll(COMMENTED)].map((match) => {
    const [, name = "", , value = ""] = match;
    const [start, end] = match.indices?.[3] ?? [match.index, match.index];
    return { name, value, start, end, exported: false, line: lineOf(text, match.index) };
  });
}

function unquoted(raw: string, at: number): { start: number; end: number } {
  const lead = raw.length - raw.trimStart().length;
  const trimmed = raw.trim();
  const start = at + lead;
  const end = start + trimmed.length;
  const quote = trimmed[0] ?? "";
  const quoted = trimmed.length >= 2 && /['"`]/.test(quote) && trimmed.endsWith(quote);
  return quoted ? { start: start + 1, end: end - 1 } : { start, end };
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
