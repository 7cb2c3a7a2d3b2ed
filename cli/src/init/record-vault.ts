import { VaultProof } from "@vaultproof/sdk";
import type { Report } from "../report.js";
import type { ConfigFolder } from "../state/config-folder.js";
import { loadProfile } from "../state/profile.js";
import type { InitRecord } from "./record.js";

/** What the service of a record is asked with. */
export interface RecordAccess {
  readonly config: ConfigFolder;
  readonly record: InitRecord;
  readonly developerKey: string;
  readonly report: Report;
}

/** Runs `work` with the service that a folder's keys are at, whichever one `login` names by now. @throws VaultProofError. */
export async function withRecordVault<T>(
  { config, record, developerKey, report }: RecordAccess,
  work: (vault: VaultProof) => Promise<T>,
): Promise<T> {
  const profile = await loadProfile(config);
  const vault = await VaultProof.open({
    url: record.url,
    developerKey,
    serverIdentity: profile?.url === record.url ? profile.serverIdentity : undefined,
    stateDir: config.stateDir,
    onWarning: (message) => report.warn(message),
  });
  try {
    return await work(vault);
  } finally {
    await vault.close();
  }
}
