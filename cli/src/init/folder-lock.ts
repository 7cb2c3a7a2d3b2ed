import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { CliError } from "../errors.js";
import type { ConfigFolder } from "../state/config-folder.js";

/**
 * Runs `work` while no other process works on the same project: two at once would store a key twice, under two records,
 * and neither could be undone. As the server's data folder is locked: each announces itself with a file of its own, then
 * looks for others; what a dead one left is removed, and nobody takes over what may be a living one's.
 *
 * @param folder real path of the project.
 * @throws CliError `folder-busy`, naming the process; and what `work` throws.
 */
export async function withFolderLock<T>(
  config: ConfigFolder,
  folder: string,
  work: () => Promise<T>,
): Promise<T> {
  const name = createHash("sha256").update(folder).digest("hex").slice(0, 16);
  const own = config.file("init", `${name}.lock.${process.pid}.${(await startOf(process.pid)) ?? "0"}`);
  await mkdir(dirname(own), { recursive: true, mode: 0o700 });
  await writeFile(own, "", { mode: 0o600 });
  try {
    await refuseOthers(own, `${name}.lock.`);
    return await work();
  } finally {
    await rm(own, { force: true });
  }
}

async function refuseOthers(own: string, prefix: string): Promise<void> {
  const folder = dirname(own);
  for (const other of await readdir(folder)) {
    if (!other.startsWith(prefix) || other === basename(own)) continue;
    const [pid = "", start] = other.slice(prefix.length).split(".");
    if (isAlive(Number(pid)) && ((await startOf(Number(pid))) ?? "0") === start) {
      throw new CliError("folder-busy", `init is at work in this folder already, as process ${pid}`);
    }
    await rm(`${folder}/${other}`, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, under another user.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Tells a process from an earlier one of the same number: its start in ticks (proc(5)), and the boot. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    return `${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? ""}-${boot.slice(0, 8)}`;
  } catch {
    return undefined;
  }
}
