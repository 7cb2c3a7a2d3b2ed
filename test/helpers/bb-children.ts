import { readdirSync, readFileSync } from "node:fs";

/** Whether {@link bbChildrenOf} can look: it reads Linux's process table. */
export const canListProcesses = process.platform === "linux";

/** Process ids of the running bb processes whose parent is `parent`, a zombie included. */
export function bbChildrenOf(parent: number): number[] {
  return runningBb()
    .filter(({ ppid }) => ppid === parent)
    .map(({ pid }) => pid);
}

/** Whether a process with that id is there and is bb. */
export function isBbRunning(pid: number): boolean {
  return runningBb().some((process) => process.pid === pid);
}

function runningBb(): { pid: number; ppid: number }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        // pid (name) state ppid …
        const [, command, ppid] =
          /^\d+ \((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${name}/stat`, "utf8")) ?? [];
        return command === "bb" ? [{ pid: Number(name), ppid: Number(ppid) }] : [];
      } catch {
        return []; // it ended between the two reads
      }
    });
}
