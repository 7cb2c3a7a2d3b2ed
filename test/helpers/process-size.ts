import { readFileSync, writeFileSync } from "node:fs";

/** Whether the functions here work: they read Linux's process table. */
export const canReadMemoryUse = process.platform === "linux";

/** Bytes that a process has in memory now. */
export function residentBytes(pid: number): number {
  return readStatus(pid, "VmRSS");
}

/** The most bytes that a process had in memory, since its start or since {@link forgetPeak}. */
export function peakResidentBytes(pid: number): number {
  return readStatus(pid, "VmHWM");
}

/** Has the kernel begin anew with the peak of a process. */
export function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** The most bytes that the kernel keeps on their way over one TCP connection, at both its ends together. */
export function kernelBufferBytes(): number {
  return ["tcp_rmem", "tcp_wmem"]
    .map((name) => Number(readFileSync(`/proc/sys/net/ipv4/${name}`, "utf8").trim().split(/\s+/)[2]))
    .reduce((sum, bytes) => sum + bytes);
}

function readStatus(pid: number, field: "VmRSS" | "VmHWM"): number {
  const [, kibibytes] = new RegExp(`^${field}:\\s*(\\d+) kB$`, "m").exec(
    readFileSync(`/proc/${pid}/status`, "utf8"),
  ) ?? ["", Number.NaN];
  return Number(kibibytes) * 1024;
}
