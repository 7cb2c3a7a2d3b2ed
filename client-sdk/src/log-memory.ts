import { nameDigest, type DeviceFiles } from "./device-files.js";

/** The last head of a chain that this device has seen. The hash as 64 hex digits. */
export interface SeenLogHead {
  readonly seq: number;
  readonly hash: string;
}

/** What a device remembers of the chains of a server's log. */
export interface LogMemory {
  /** @param identity fingerprint of the server. */
  loadLogHead(identity: string, chain: string): Promise<SeenLogHead | undefined>;
  saveLogHead(identity: string, chain: string, head: SeenLogHead): Promise<void>;
}

/** Files: `log-<digest of server and chain>`. */
export function createLogMemory(files: Pick<DeviceFiles, "load" | "save">): LogMemory {
  return {
    loadLogHead: async (identity, chain) =>
      (await files.load(logFile(identity, chain))) as SeenLogHead | undefined,
    saveLogHead: (identity, chain, { seq, hash }) => files.save(logFile(identity, chain), { seq, hash }),
  };
}

function logFile(identity: string, chain: string): string {
  return `log-${nameDigest("vaultproof log file v1", `${identity} ${chain}`)}`;
}
