import { readdirSync, readFileSync } from "node:fs";

/** Linux tells CPU times in hundredths of a second, whatever the kernel's own tick is. */
const MILLISECONDS_A_TICK = 10;

/** Whether the CPU time of other processes can be read here: that is in Linux's process table. */
export const canReadCpu = process.platform === "linux";

/**
 * CPU time that a process has used so far, all its threads, user and system, those of its ended children included, in
 * milliseconds, exact to one tick of 10.
 *
 * @throws the file system's error if there is no such process.
 */
export function cpuMilliseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The command stands in brackets and may hold anything; what follows are numbers, the state first, as field 3.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [utime, stime, cutime, cstime] = fields.slice(11, 15).map(Number);
  return MILLISECONDS_A_TICK * ((utime ?? 0) + (stime ?? 0) + (cutime ?? 0) + (cstime ?? 0));
}

/** Process ids of the running `bb` processes whose parent is `parent`. */
export function bbChildren(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const [, command, ppid] =
          /^\d+ \((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${name}/stat`, "utf8")) ?? [];
        return command === "bb" && Number(ppid) === parent;
      } catch {
        return false; // it ended between the two reads
      }
    })
    .map(Number);
}

/** Whether a process of this machine is running that program. */
export function isRunning(pid: number, command: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim() === command;
  } catch {
    return false;
  }
}
