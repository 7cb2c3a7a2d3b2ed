import { styleText } from "node:util";
import type { Environment } from "./environment.js";
import type { Output } from "./output.js";
import { createProgress } from "./progress.js";

/** Writes for a person, in colours where the output is a terminal. */
export interface Terminal {
  /** Begins a part, behind an empty line. */
  heading(text: string): void;
  /** Indented text, each line as it is. */
  text(text: string): void;
  /** Text that is less important than the rest. */
  note(text: string): void;
  /** A result that came out as it must. */
  good(text: string): void;
  /** A result that did not. */
  bad(text: string): void;
  blank(): void;
  /** Runs `work`, names it while it runs, and gives its result with its duration. */
  timed<T>(what: string, work: () => Promise<T>): Promise<Timed<T>>;
}

/** A result and how long it took, as shown to a person. */
export interface Timed<T> {
  readonly value: T;
  readonly took: string;
}

type Style = Parameters<typeof styleText>[0];

/**
 * Makes a terminal on `output`. `NO_COLOR` (https://no-color.org), `TERM=dumb` and an output that is not a terminal
 * switch colours off.
 *
 * @param options.progress where work is named while it runs; nowhere unless told.
 */
export function createTerminal(options: {
  readonly output: Output;
  readonly progress?: Output;
  readonly env: Environment;
}): Terminal {
  const { output, env } = options;
  const coloured = output.isTTY === true && env.TERM !== "dumb" && (env.NO_COLOR ?? "") === "";
  const during = createProgress(options.progress ?? { write: () => undefined }, env);
  const paint = (style: Style, text: string) =>
    coloured ? styleText(style, text, { validateStream: false }) : text;
  const line = (text: string) => output.write(`${text}\n`);

  return {
    heading: (text) => line(`\n${paint("bold", text)}`),
    text: (text) => line(indent(text)),
    note: (text) => line(indent(paint("dim", text))),
    good: (text) => line(`  ${paint("green", "✓")} ${text}`),
    bad: (text) => line(`  ${paint("red", "✗")} ${text}`),
    blank: () => line(""),
    async timed(what, work) {
      const started = performance.now();
      const value = await during(what, work);
      return { value, took: duration(performance.now() - started) };
    },
  };
}

/** Milliseconds as a person reads them: `38 ms`, `1.9 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function indent(text: string): string {
  return text
    .split("\n")
    .map((part) => (part === "" ? "" : `    ${part}`))
    .join("\n");
}
