import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import type { Environment } from "../environment.js";
import { configFolder } from "./config-folder.js";

/**
 * Stands in for the store of secrets in the system keyring: a file of mode 0600. Its shape is that store's, which
 * replaces it.
 */
export async function openSecretStore({ env }: { env: Environment }) {
  const file = join(configFolder(env), "secrets.json");
  const read = async (): Promise<Record<string, string>> => {
    try {
      return JSON.parse(await readFile(file, "utf8")) as Record<string, string>;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
      throw error;
    }
  };
  const write = async (secrets: Record<string, string>): Promise<void> => {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFileAtomic(file, JSON.stringify(secrets), { mode: 0o600 });
  };
  await Promise.resolve();
  return {
    get: async (name: string): Promise<string | null> => (await read())[name] ?? null,
    set: async (name: string, value: string): Promise<void> => write({ ...(await read()), [name]: value }),
    delete: async (name: string): Promise<void> => {
      const rest = Object.entries(await read()).filter(([known]) => known !== name);
      await write(Object.fromEntries(rest));
    },
  };
}
