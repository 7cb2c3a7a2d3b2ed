import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseError } from "./errors.js";

/** A folder that this process has for itself. */
export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Takes a folder for this process. Each process announces itself with a file of its own,
 * `<name>.lock.<pid>.<start>`, before it looks for others: of two that start together at least one sees the other,
 * and no file is ever taken over, so none can be removed under a process that lives. Files of dead processes are
 * removed. Holds among the processes of one host (one PID namespace).
 *
 * @throws DatabaseError `folder-in-use`, naming the process that has it (this one, if it took the folder before).
 */
export async function lockFolder({ folder, name }: { folder: string; name: string }): Promise<FolderLock> {
  const prefix = `${name}.lock.`;
  const own = `${prefix}${process.pid}.${await processStart(process.pid)}`;
  const ownPath = join(folder, own);
  try {
    await writeFile(ownPath, "", { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw inUse(folder, process.pid);
    throw error;
  }
  for (const other of await readdir(folder)) {
    if (!other.startsWith(prefix) || other === own) continue;
    const [pid, start] = other.slice(prefix.length).split(".");
    if (await isAlive({ pid: Number(pid), start: start ?? "" })) {
      await rm(ownPath, { force: true });
      throw inUse(folder, Number(pid));
    }
    await rm(join(folder, other), { force: true });
  }
  return { release: () => rm(ownPath, { force: true }) };
}

function inUse(folder: string, pid: number): DatabaseError {
  const who = pid === process.pid ? "this process has it open already" : `process ${pid} has it open`;
  return new DatabaseError("folder-in-use", `${folder}: ${who}`);
}

async function isAlive({ pid, start }: { pid: number; start: string }): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, under another user.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return (await processStart(pid)) === start;
}

/**
 * Tells a process from an earlier one with the same number, as after a restart of a container in which the server
 * is always process 1: its start in ticks since boot (proc(5), field 22 of stat, counted behind the parenthesised
 * name) and the boot itself. Where there is no /proc, `0`: there a number alone has to do.
 */
async function processStart(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return `${ticks}-${boot.slice(0, 8)}`;
  } catch {
    return "0";
  }
}
