import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { EnvFile } from "./find-env-files.js";

const run = promisify(execFile);
const TIMEOUT_MS = 5_000;

/** Says which files with keys git keeps or kept: what is in its history stays there, whatever is done to the file. */
export async function gitWarnings(folder: string, files: readonly EnvFile[]): Promise<string[]> {
  const warnings: string[] = [];
  for (const { name, path } of files) {
    const tracked = (await git(folder, ["ls-files", "--", path])) ?? "";
    const committed = (await git(folder, ["log", "-1", "--format=%h", "--all", "--", path])) ?? "";
    if (tracked === "" && committed === "") continue;
    const how = committed === "" ? "is tracked by git" : "is in git's history";
    warnings.push(
      `${name} ${how}: whoever has the repository has its keys. Make new ones at the provider, store those, and keep ` +
        `the file out of git (git rm --cached ${name}, and a line in .gitignore)`,
    );
  }
  return warnings;
}

/** Trimmed output; undefined where there is no git, no repository, or no answer. */
async function git(folder: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout } = await run("git", ["-C", folder, ...args], { timeout: TIMEOUT_MS });
    return stdout.trim();
  } catch {
    return undefined;
  }
}
