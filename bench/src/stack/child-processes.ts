import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";

/** A program running in a process of its own. */
export interface Child {
  readonly pid: number;
  /** Resolves with the first match in its output; rejects with the output when it ends before. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** Asks it over the channel between the two and waits for its answer. */
  ask(question: string): Promise<unknown>;
  /** Asks it to end, as an operator does, and waits until it has. */
  end(): Promise<void>;
  /** Ends it at once. */
  stop(): Promise<void>;
}

/** All programs that a run has started, so that none is left behind, however the run ends. */
export interface ChildProcesses {
  /** Starts `node <script>` with nothing of this environment but what a program needs to run at all, and `env`. */
  start(script: URL, env: Readonly<Record<string, string>>): Child;
  stopAll(): Promise<void>;
}

export function createChildProcesses(): ChildProcesses {
  const running = new Set<Child>();
  return {
    start: (script, env) => {
      const child = startChild(script, env);
      running.add(child);
      child.onExit(() => running.delete(child));
      return child;
    },
    stopAll: async () => {
      await Promise.all([...running].map((child) => child.stop()));
    },
  };
}

function startChild(
  script: URL,
  env: Readonly<Record<string, string>>,
): Child & { onExit(listener: () => void): void } {
  const { PATH = "", HOME = "" } = process.env;
  const child = fork(script, { env: { PATH, HOME, ...env }, stdio: ["ignore", "pipe", "pipe", "ipc"] });
  const output = readOutput(child);
  const ended = once(child, "exit");
  const endWith = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
  };
  return {
    pid: child.pid ?? 0,
    waitFor: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(output.text);
          if (match === null) return;
          output.onChange = undefined;
          resolve(match);
        };
        output.onChange = look;
        look();
        void ended.then(() => reject(new Error(`${script.pathname} ended:\n${output.text}`)));
      }),
    ask: async (question) => {
      const answered = once(child, "message");
      child.send(question);
      return ((await answered) as unknown[])[0];
    },
    end: () => endWith("SIGTERM"),
    stop: () => endWith("SIGKILL"),
    onExit: (listener) => void child.once("exit", listener),
  };
}

/** Output is kept only until it was understood: a server logs a line for each of many thousand calls. */
const KEPT_CHARS = 16_384;

function readOutput(child: ChildProcess): { text: string; onChange: (() => void) | undefined } {
  const output = { text: "", onChange: undefined as (() => void) | undefined };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      if (output.text.length < KEPT_CHARS) output.text += chunk;
      output.onChange?.();
    });
  }
  return output;
}
