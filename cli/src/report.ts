import { styleText } from "node:util";
import type { CommandContext } from "./context.js";
import { printable } from "./printable.js";
import { createProgress } from "./progress.js";

/** Options that every command of one result has. */
export interface ReportOptions {
  readonly json?: boolean | undefined;
}

/** Standard output holds the result and nothing else; whatever accompanies it goes to standard error. */
export interface Report {
  /** The result: one JSON document with `--json`, otherwise the text. */
  result(document: object, text: string): void;
  /** Something the user should know besides the result. */
  note(text: string): void;
  /** Something that went wrong without ending the command. */
  warn(text: string): void;
  /** Names `work` at a terminal while it runs. */
  during<T>(what: string, work: () => Promise<T>): Promise<T>;
}

/** Makes the report of one run of a command. */
export function createReport(context: CommandContext, options: ReportOptions): Report {
  const { stdout, stderr, env } = context;
  const coloured = stderr.isTTY === true && env.TERM !== "dumb" && (env.NO_COLOR ?? "") === "";
  const json = options.json === true;
  return {
    result(document, text) {
      stdout.write(json ? `${JSON.stringify(document)}\n` : text === "" ? "" : `${text.trimEnd()}\n`);
    },
    note(text) {
      if (!json) stderr.write(`${printable(text)}\n`);
    },
    warn(text) {
      const word = coloured ? styleText("yellow", "warning", { validateStream: false }) : "warning";
      stderr.write(`vaultproof: ${word}: ${printable(text)}\n`);
    },
    during: createProgress(stderr, env),
  };
}

/** Rows in columns that line up; the first row is the heading. */
export function table(rows: readonly (readonly string[])[]): string {
  const shown = rows.map((row) => row.map((cell) => printable(cell).replaceAll("\n", "?")));
  const widths = (shown[0] ?? []).map((_, column) =>
    Math.max(...shown.map((row) => row[column]?.length ?? 0)),
  );
  return shown
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Unix seconds as people read them, in UTC; the same wherever it runs. */
export function showTime(seconds: number): string {
  return new Date(seconds * 1000)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, "Z");
}
