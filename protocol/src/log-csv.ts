import Papa from "papaparse";
import { LOG_ROW_MEMBERS, type LogRow } from "./log-row.js";

/** A CSV that is no export of a log. */
export class LogCsvError extends Error {
  override readonly name = "LogCsvError";
}

const NEWLINE = "\r\n";
const BYTE_ORDER_MARK = "\ufeff";
const INTEGER = /^(?:0|[1-9][0-9]{0,15})$/;
/** With these a cell begins that a spreadsheet takes for a formula; and the mark itself, so that it can be taken off. */
const MARKED = /^[=+\-@\t\r']/;
const NUMBERS: ReadonlySet<keyof LogRow> = new Set(["seq", "at", "status", "latencyMs", "count"]);

/** The header line of an export. */
export const LOG_CSV_HEADER = LOG_ROW_MEMBERS.join(",") + NEWLINE;

/**
 * Rows as CSV (RFC 4180) behind {@link LOG_CSV_HEADER}, each line ended by CRLF; null is an empty cell. A cell that a
 * spreadsheet would run as a formula begins with an apostrophe.
 */
export function writeLogCsv(rows: readonly LogRow[]): string {
  if (rows.length === 0) return LOG_CSV_HEADER;
  const cells = rows.map((row) => LOG_ROW_MEMBERS.map((member) => writeCell(row[member])));
  return LOG_CSV_HEADER + Papa.unparse(cells, { newline: NEWLINE }) + NEWLINE;
}

/**
 * Reads an export back, also one whose line ends or quotes a program wrote in its own way. What the cells say is not
 * judged: a cell that is no number where one belongs stays text, and a line of another length has other members.
 *
 * @returns rows as {@link writeLogCsv} took them, to be checked with `logRowSchema`.
 * @throws LogCsvError when the header line is another one.
 */
export function readLogCsv(csv: string): Record<string, unknown>[] {
  const text = csv.startsWith(BYTE_ORDER_MARK) ? csv.slice(1) : csv;
  const { data } = Papa.parse(text, { delimiter: ",", header: false, skipEmptyLines: true });
  const [header, ...lines] = data;
  if (header?.join(",") !== LOG_ROW_MEMBERS.join(",")) {
    throw new LogCsvError(`the first line must be ${LOG_ROW_MEMBERS.join(",")}`);
  }
  return lines.map((cells) =>
    Object.fromEntries(
      Array.from({ length: Math.max(cells.length, LOG_ROW_MEMBERS.length) }, (_, place) => {
        const member = LOG_ROW_MEMBERS[place];
        const cell = cells[place];
        if (member === undefined) return [`surplus ${place}`, cell];
        return [member, cell === undefined ? undefined : readCell(member, cell)];
      }),
    ),
  );
}

function writeCell(value: string | number | null): string {
  if (value === null) return "";
  const cell = String(value);
  return MARKED.test(cell) ? `'${cell}` : cell;
}

function readCell(member: keyof LogRow, cell: string): string | number | null {
  if (cell === "") return null;
  if (NUMBERS.has(member)) return INTEGER.test(cell) ? Number(cell) : cell;
  return cell.startsWith("'") ? cell.slice(1) : cell;
}
