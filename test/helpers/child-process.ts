import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";

/** A child of the test, its output kept whole. */
export interface Child {
  readonly pid: number;
  /** Everything it wrote to standard output and standard error, in the order it arrived. */
  output(): string;
  /** Resolves with the first match of `pattern` in the output; rejects when the child ends before. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** Ends it (SIGTERM unless told) and resolves once it is gone. */
  stop(signal?: NodeJS.Signals): Promise<ChildEnd>;
  /** Resolves once it is gone. */
  readonly ended: Promise<ChildEnd>;
}

/** How a child ended: by itself, or by a signal. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Starts `node <script>` with exactly the given variables besides PATH, HOME and CI. */
export function startChild(
  script: string,
  options: {
    env: Readonly<Record<string, string>>;
    args?: readonly string[];
    /** Node's own options. */
    execArgv?: readonly string[];
  },
): Child {
  const { PATH = "", HOME = "", CI } = process.env;
  const env = { PATH, HOME, ...(CI === undefined ? {} : { CI }), ...options.env };
  const child = spawn(process.execPath, [...(options.execArgv ?? []), script, ...(options.args ?? [])], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = collectOutput(child);
  const ended = (once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>).then(
    ([code, signal]) => ({ code, signal }),
  );
  return {
    pid: child.pid ?? 0,
    output: () => output.text,
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = pattern.exec(output.text);
          if (match === null) return;
          output.changed.delete(look);
          resolve(match);
        };
        output.changed.add(look);
        void ended.then(() => {
          look();
          reject(new Error(`the child ended before it wrote ${pattern.source}:\n${output.text}`));
        });
        look();
      }),
    ended,
    async stop(signal = "SIGTERM") {
      child.kill(signal);
      return await ended;
    },
  };
}

function collectOutput(child: ChildProcess): { text: string; changed: Set<() => void> } {
  const output = { text: "", changed: new Set<() => void>() };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      output.text += chunk;
      for (const look of output.changed) look();
    });
  }
  return output;
}
