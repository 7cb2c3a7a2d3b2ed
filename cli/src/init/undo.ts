import { realpath } from "node:fs/promises";
import { relative } from "node:path";
import { VaultProof, VaultProofError } from "@vaultproof/sdk";
import type { CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import { requireConsent } from "../input/confirm.js";
import { openProjectStore } from "../projects/open-project-store.js";
import { showTime, type Report } from "../report.js";
import { loadDeveloperKey } from "../session/developer-key.js";
import { configFolder, type ConfigFolder } from "../state/config-folder.js";
import { loadProfile } from "../state/profile.js";
import { openSecretStore } from "../state/secret-store.js";
import { envBytes } from "./env-file.js";
import { removeTemporaries } from "./find-env-files.js";
import { withFolderLock } from "./folder-lock.js";
import { createInitRecords, findRecord, type InitRecord } from "./record.js";
import { replaceFile } from "./replace-file.js";
import { restoredFiles } from "./restored-files.js";
import { removeProjects } from "./store-keys.js";

/**
 * Puts the keys back as they were. The files come first and need no service; then the slots are ended and what is kept
 * on this device is removed.
 *
 * @throws CliError `not-a-project`, `backup-missing`.
 */
export async function undoInit(
  context: CommandContext,
  options: { readonly yes?: boolean | undefined },
  report: Report,
): Promise<void> {
  const config = configFolder(context.env);
  const folder = await realpath(context.cwd);
  await requireRecord(config, folder);
  await withFolderLock(config, folder, () => undoFolder(context, { config, folder, options, report }));
}

async function undoFolder(
  context: CommandContext,
  about: {
    readonly config: ConfigFolder;
    readonly folder: string;
    readonly options: { readonly yes?: boolean | undefined };
    readonly report: Report;
  },
): Promise<void> {
  const { config, folder, options, report } = about;
  const record = await requireRecord(config, folder);
  if (record.forgotten)
    throw new CliError("backup-missing", "the backup of this folder was deleted by --forget");
  const message = "Put the keys back into the files, and end their slots in the vault?";
  await requireConsent(context, { message, yes: options.yes });
  const secrets = await openSecretStore(context, config);
  const developerKey = await loadDeveloperKey(secrets, record.developerId);
  const records = createInitRecords(config, () => developerKey);
  const { files, missing } = await restoredFiles(records, record);
  await removeTemporaries(
    folder,
    files.map(({ path }) => path),
  );
  for (const { path, now, then, edited } of files) {
    if (now !== then) await replaceFile(path, envBytes(now), envBytes(then));
    if (edited)
      report.warn(
        `${relative(folder, path)} was changed since; your changes stay${missing.length === 0 ? ", the keys are back in it" : ""}`,
      );
  }
  // The only copy of a key that found no place is the backup, or the vault.
  if (missing.length > 0) throw keysLeft(missing);
  const revoked = await endSlots({ config, record, developerKey, report });
  await removeProjects({ projects: openProjectStore(context, secrets), secrets }, record);
  await records.remove(record);
  const names = files.map(({ path }) => relative(folder, path));
  report.result(
    { files: names, revoked },
    `the keys are back in ${names.join(", ") || "no file: none was changed yet"}`,
  );
}

function keysLeft(variables: readonly string[]): CliError {
  const them = variables.join(", ");
  return new CliError(
    "file-changed",
    `the files no longer have a place for ${them}: the backup and the slots are kept`,
    {
      hint: `write such a line with its placeholder back and run it again, or give the keys up: vaultproof init --forget`,
    },
  );
}

/** Deletes the backups: from then on the keys are in the vault and nowhere else. */
export async function forgetBackups(
  context: CommandContext,
  options: { readonly yes?: boolean | undefined },
  report: Report,
): Promise<void> {
  const config = configFolder(context.env);
  const folder = await realpath(context.cwd);
  await requireRecord(config, folder);
  const message = "Delete the encrypted backup? Then --undo can no longer put the keys back.";
  await requireConsent(context, { message, yes: options.yes });
  await withFolderLock(config, folder, async () => {
    const record = await requireRecord(config, folder);
    const records = createInitRecords(config, () => "");
    await records.save({ ...record, rewrites: [], forgotten: true });
    await records.deleteBackups(record);
  });
  report.result({ folder, forgotten: true }, "the backup is deleted; the keys are in the vault alone");
}

async function requireRecord(config: ConfigFolder, folder: string): Promise<InitRecord> {
  const record = await findRecord(config, folder);
  if (record === undefined) throw new CliError("not-a-project", `nothing was done by init in ${folder}`);
  return record;
}

/** Slots that nothing uses any more. That the service is away is no reason to keep the keys from the files. */
async function endSlots(about: {
  readonly config: ConfigFolder;
  readonly record: InitRecord;
  readonly developerKey: string;
  readonly report: Report;
}): Promise<string[]> {
  const { config, record, developerKey, report } = about;
  const ids = record.keys.flatMap(({ keySlotId }) => (keySlotId === undefined ? [] : [keySlotId]));
  const profile = await loadProfile(config);
  const ended: string[] = [];
  try {
    const vault = await VaultProof.open({
      url: record.url,
      developerKey,
      serverIdentity: profile?.url === record.url ? profile.serverIdentity : undefined,
      stateDir: config.stateDir,
      onWarning: (message) => report.warn(message),
    });
    const slots = new Map((await vault.keys.list()).map((slot) => [slot.id, slot]));
    for (const id of ids) {
      const slot = slots.get(id);
      if (slot?.status !== "active") continue;
      if (slot.rotatedAt !== null) {
        // Not the key that is in the file now: nobody may have it anywhere else.
        report.warn(
          `${slot.label} holds a newer key, of ${showTime(slot.rotatedAt)}; it stays in the vault, and the file has the older one. ` +
            `End it with: vaultproof keys revoke ${id}`,
        );
        continue;
      }
      await vault.keys.revoke(id);
      ended.push(id);
    }
    await vault.close();
  } catch (error) {
    if (!(error instanceof VaultProofError)) throw error;
    const left = ids.filter((id) => !ended.includes(id));
    report.warn(`${error.message}. End what is left yourself: vaultproof keys revoke ${left.join(" ")}`);
  }
  return ended;
}
