import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { LONGEST_WINDOW_BYTES, type WindowSearch } from "./window-search.js";

/** What a search of a process's memory came to. */
export interface MemoryFindings {
  /** What was found, each once. */
  readonly found: string[];
  /** How much was read, in bytes. */
  readonly bytes: number;
}

const CHUNK_BYTES = 8 << 20;
/** Twice: the search may begin up to a window late in a chunk. */
const OVERLAP_BYTES = 2 * LONGEST_WINDOW_BYTES;

/** Why the memory of another process cannot be searched here, or false. */
export async function memorySkipReason(): Promise<string | false> {
  if (process.platform !== "linux") return "the memory of a process is read through Linux's /proc";
  const child = spawn(process.execPath, ["-e", "setInterval(() => undefined, 60_000)"], { stdio: "ignore" });
  await once(child, "spawn");
  try {
    searchProcess(child.pid ?? 0, () => []);
    return false;
  } catch (error) {
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    return `/proc/PID/mem of a child cannot be read (${code}): see ptrace_scope`;
  } finally {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
}

/**
 * Searches all memory that a process can write, from outside. The process stands still meanwhile, so that nothing
 * moves from what is still to be read to what was read already.
 *
 * @throws the operating system's error when the memory may not be read, and RangeError when nothing could be.
 */
export function searchProcess(pid: number, search: WindowSearch): MemoryFindings {
  process.kill(pid, "SIGSTOP");
  try {
    return searchStopped(pid, search);
  } finally {
    process.kill(pid, "SIGCONT");
  }
}

/** The processes that a process has started and that still run, theirs included. */
export function childrenOf(pid: number): number[] {
  const own = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
  return own.flatMap((child) => [child, ...childrenOf(child)]);
}

function searchStopped(pid: number, search: WindowSearch): MemoryFindings {
  const found = new Set<string>();
  const chunk = Buffer.from(new ArrayBuffer(CHUNK_BYTES + OVERLAP_BYTES));
  let bytes = 0;
  const memory = openSync(`/proc/${pid}/mem`, "r");
  try {
    for (const { start, end } of writableRanges(readFileSync(`/proc/${pid}/maps`, "utf8"))) {
      for (let at = start; at < end; at += CHUNK_BYTES) {
        const read = readAt(memory, chunk.subarray(0, Math.min(chunk.length, end - at)), at);
        bytes += Math.min(read, CHUNK_BYTES);
        for (const label of search(chunk.subarray(0, read))) found.add(label);
      }
    }
  } finally {
    closeSync(memory);
  }
  if (bytes === 0) throw new RangeError(`no memory of process ${pid} could be read`);
  return { found: [...found].sort(), bytes };
}

/** Neighbours count as one, so that what lies across their border is found too. */
function writableRanges(maps: string): { start: number; end: number }[] {
  const ranges: { start: number; end: number }[] = [];
  for (const [, from = "", to = ""] of maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm)) {
    const [start, end] = [parseInt(from, 16), parseInt(to, 16)];
    const last = ranges.at(-1);
    if (last?.end === start) last.end = end;
    else ranges.push({ start, end });
  }
  return ranges;
}

/** Reads what there is; a device's memory that cannot be read counts as nothing. */
function readAt(memory: number, into: Buffer, address: number): number {
  let read = 0;
  while (read < into.length) {
    const more = readOnce(memory, into.subarray(read), address + read);
    if (more === 0) break;
    read += more;
  }
  return read;
}

function readOnce(memory: number, into: Buffer, address: number): number {
  try {
    return readSync(memory, into, 0, into.length, address);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EIO") return 0;
    throw error;
  }
}
