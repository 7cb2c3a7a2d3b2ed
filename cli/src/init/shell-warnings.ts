import { stat } from "node:fs/promises";
import type { Environment } from "../environment.js";
import type { EnvFile } from "./find-env-files.js";
import { isRealKey, providerOfVariable } from "./key-patterns.js";
import type { Plan } from "./plan.js";

const LEAST_CHARACTERS = 16;

/** Says where a key would go on living beside the files. */
export async function shellWarnings(
  env: Environment,
  plan: Plan,
  files: readonly EnvFile[],
): Promise<string[]> {
  const providers = new Set<string>(plan.keys.map(({ provider }) => provider));
  const inShell = Object.entries(env).flatMap(([name, value = ""]) => {
    const provider = providerOfVariable(name);
    const counts = provider !== undefined && providers.has(provider) && value.length >= LEAST_CHARACTERS;
    return counts && isRealKey(value)
      ? [`${name} is set in this shell too and overrides .env: unset it`]
      : [];
  });
  const linked: string[] = [];
  for (const { path, name } of files) {
    const { nlink } = await stat(path);
    if (nlink > 1) linked.push(`${name} has another name (a hard link), under which the key stays`);
  }
  return [...inShell, ...linked];
}
