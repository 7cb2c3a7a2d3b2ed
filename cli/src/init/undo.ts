import { realpath } from "node:fs/promises";
import { relative } from "node:path";
import type { CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import { requireConsent } from "../input/confirm.js";
import { openProjectStore } from "../projects/open-project-store.js";
import { type Report } from "../report.js";
import { loadDeveloperKey } from "../session/developer-key.js";
import { configFolder, type ConfigFolder } from "../state/config-folder.js";
import { openSecretStore } from "../state/secret-store.js";
import { endSlots } from "./end-slots.js";
import { envBytes } from "./env-file.js";
import { findEnvFiles, removeTemporaries } from "./find-env-files.js";
import { withFolderLock } from "./folder-lock.js";
import { projectElsewhere } from "./project-elsewhere.js";
import { createInitRecords, findRecord, requireRecord } from "./record.js";
import { replaceFile } from "./replace-file.js";
import { restoredFiles } from "./restored-files.js";
import { removeProjects } from "./store-keys.js";

/**
 * Puts the keys back as they were. The files come first and need no service; then the slots are ended and what is kept
 * on this device is removed.
 *
 * @throws CliError `not-a-project`, `project-elsewhere`, `backup-missing`.
 */
export async function undoInit(
  context: CommandContext,
  options: { readonly yes?: boolean | undefined },
  report: Report,
): Promise<void> {
  const config = configFolder(context.env);
  const folder = await realpath(context.cwd);
  if ((await findRecord(config, folder)) === undefined) {
    const stray = await projectElsewhere(context, folder, (await findEnvFiles(folder)).files);
    if (stray !== undefined) throw stray;
  }
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
  const { files, missing, givenUp } = await restoredFiles(records, record);
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
  for (const name of givenUp)
    report.warn(`${name}: the newer key that was put there is back; the older one is given up`);
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
      hint: `write such a line with its placeholder back and run it again, or give the keys up: vaultproof init --forget --even-if-lost`,
    },
  );
}
