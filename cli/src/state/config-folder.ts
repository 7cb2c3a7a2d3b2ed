import { chmod, mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import envPaths from "env-paths";
import writeFileAtomic from "write-file-atomic";
import type { Environment } from "../environment.js";
import { CliError } from "../errors.js";

const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** Where this command keeps its state, and where the SDK keeps the device's. */
export interface ConfigFolder {
  readonly path: string;
  /** For `VaultProof.open({ stateDir })`: undefined takes the SDK's own, which scripts on this device share. */
  readonly stateDir: string | undefined;
  /** Path of a file in it. */
  file(...parts: string[]): string;
}

/** The platform's folder for configuration, or `VAULTPROOF_CONFIG_DIR`, which then holds the device's state too. */
export function configFolder(env: Environment): ConfigFolder {
  const given = env.VAULTPROOF_CONFIG_DIR?.trim() ?? "";
  const path = given === "" ? envPaths("vaultproof", { suffix: "" }).config : resolve(given);
  return {
    path,
    stateDir: given === "" ? undefined : join(path, "device"),
    file: (...parts) => join(path, ...parts),
  };
}

/** Writes a file that its owner alone may read, whole or not at all; it has reached the disk when this resolves. */
export async function writePrivateFile(file: string, content: string | Uint8Array): Promise<void> {
  const folder = dirname(file);
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  // An umask or an older folder may have left it open to others.
  await chmod(folder, FOLDER_MODE);
  await writeFileAtomic(file, typeof content === "string" ? content : Buffer.from(content), {
    mode: FILE_MODE,
  });
}

/** The bytes of a file, or undefined where there is none. */
export async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new CliError("state-unreadable", `${file} cannot be read`, { cause: error });
  }
}

/** The JSON in a file as `read` makes sense of it. @throws CliError `state-unreadable` naming the file. */
export async function readJsonFile<T>(file: string, read: (value: unknown) => T): Promise<T | undefined> {
  const bytes = await readIfThere(file);
  if (bytes === undefined) return undefined;
  try {
    return read(JSON.parse(bytes.toString("utf8")));
  } catch (cause) {
    throw new CliError("state-unreadable", `${file} is damaged or was written by another version`, { cause });
  }
}

/** Removes a file; one that is not there is fine. */
export async function removeFile(file: string): Promise<void> {
  await rm(file, { force: true });
}
