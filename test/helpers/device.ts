import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VaultProof } from "@vaultproof/sdk";
import type { Test } from "tap";

/** A developer's device: the client together with what a test must know to look behind it. */
export interface Device {
  readonly vault: VaultProof;
  readonly developerKey: string;
  readonly stateDir: string;
  /** Every file of the state folder, by its path in it. */
  files(): Promise<Map<string, Buffer>>;
}

/** Opens a client with a new live key, the identity pinned, and a state folder that is removed at the end. */
export async function openDevice(t: Test, options: { url: string; identity: string }): Promise<Device> {
  const stateDir = await mkdtemp(join(tmpdir(), "vaultproof-device-"));
  t.teardown(() => rm(stateDir, { recursive: true, force: true }));
  const developerKey = VaultProof.generateDeveloperKey("live");
  const { url, identity: serverIdentity } = options;
  const vault = await VaultProof.open({ url, developerKey, serverIdentity, stateDir });
  return { vault, developerKey, stateDir, files: () => readFolder(stateDir) };
}

/** Reads every file below a folder, by its path in it. */
export async function readFolder(folder: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(path.slice(folder.length + 1), await readFile(path));
  }
  return files;
}
