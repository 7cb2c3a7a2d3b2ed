import { realpath } from "node:fs/promises";
import { VaultProofError } from "@vaultproof/sdk";
import type { CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import { requireConsent } from "../input/confirm.js";
import type { Report } from "../report.js";
import { loadDeveloperKey } from "../session/developer-key.js";
import { configFolder } from "../state/config-folder.js";
import { openSecretStore } from "../state/secret-store.js";
import { backedUpKeys, keysOutside, loadRewrites, namesOf, type BackedUpKey } from "./backed-up-keys.js";
import { findEnvFiles } from "./find-env-files.js";
import { withFolderLock } from "./folder-lock.js";
import { makePlan } from "./plan.js";
import { createInitRecords, keyMac, requireRecord, type InitRecord } from "./record.js";
import { withRecordVault, type RecordAccess } from "./record-vault.js";

export interface ForgetOptions {
  readonly yes?: boolean | undefined;
  /** Delete them although a key may be nowhere else. */
  readonly evenIfLost?: boolean | undefined;
}

/**
 * Deletes the backups of a folder once it is certain that they are not the only place of a key: each one is in an active
 * slot, and in no file any more.
 *
 * @throws CliError `not-a-project`, `only-copy`, `not-certain`; VaultProofError. Nothing was deleted then.
 */
export async function forgetBackups(
  context: CommandContext,
  options: ForgetOptions,
  report: Report,
): Promise<void> {
  const config = configFolder(context.env);
  const folder = await realpath(context.cwd);
  await requireRecord(config, folder);
  const message = "Delete the encrypted backup? Then --undo can no longer put the keys back.";
  await requireConsent(context, { message, yes: options.yes });
  const unchecked = options.evenIfLost === true;
  await withFolderLock(config, folder, async () => {
    const record = await requireRecord(config, folder);
    // A forgotten one has nothing left but what an interruption left of its files.
    if (!unchecked && !record.forgotten) await requireNoLoss(context, { config, record, report });
    const records = createInitRecords(config, () => "");
    await records.save({ ...record, rewrites: [], forgotten: true });
    await records.deleteBackups(record);
  });
  const words = unchecked
    ? "the backup is deleted; whether the keys are anywhere else was not looked at"
    : "the backup is deleted; the keys are in the vault alone";
  report.result({ folder, forgotten: true }, words);
}

async function requireNoLoss(context: CommandContext, at: Omit<RecordAccess, "developerKey">): Promise<void> {
  const { config, record, report } = at;
  const secrets = await openSecretStore(context, config);
  const developerKey = await loadDeveloperKey(secrets, record.developerId);
  const records = createInitRecords(config, () => developerKey);
  const keys = backedUpKeys(await loadRewrites(records, record));
  const inFiles = await namesInFiles(record, developerKey, keys);
  if (inFiles.length > 0) {
    throw new CliError("only-copy", `the key of ${inFiles.join(", ")} is still in a file`, {
      hint: "vaultproof init takes it out; vaultproof init --undo puts all of them back",
    });
  }
  const active = await activeSlots({ ...at, developerKey });
  const inBackupOnly = keys.flatMap((key) => {
    const entries = record.keys.filter(
      ({ mac, provider, origin }) => mac === keyMac(developerKey, { provider, origin, key: key.key }),
    );
    if (entries.some(({ keySlotId }) => keySlotId !== undefined && active.has(keySlotId))) return [];
    const id = entries[0]?.keySlotId;
    const why = id === undefined ? "it was not stored" : `its slot ${id} has ended`;
    return [{ ...key, words: `${key.names.join(", ")} (${why})` }];
  });
  const lost = inBackupOnly.filter(({ superseded }) => !superseded);
  if (lost.length > 0) {
    const which = lost.map(({ words }) => words).join(", ");
    throw new CliError("only-copy", `nothing but the backup has the key of ${which}`);
  }
  for (const { words } of inBackupOnly)
    report.warn(`the older key of ${words} is given up: a newer one was put in its place`);
}

/** Variables whose keys stand in the folder's files: an `init` that was interrupted, or an edit. */
async function namesInFiles(
  record: InitRecord,
  developerKey: string,
  keys: readonly BackedUpKey[],
): Promise<string[]> {
  const { files } = await findEnvFiles(record.folder);
  const outside = keysOutside(
    keys,
    files.map(({ text }) => text),
  );
  const macs = new Set(record.keys.map(({ mac }) => mac));
  const planned = makePlan(files, record.gateway).keys.filter((key) => macs.has(keyMac(developerKey, key)));
  const names = planned.flatMap(({ places }) => places.map(({ variable }) => variable ?? "a comment"));
  return [...new Set([...namesOf(keys.filter((key) => !outside.includes(key))), ...names])];
}

async function activeSlots(access: RecordAccess): Promise<Set<string>> {
  try {
    const slots = await withRecordVault(access, (vault) => vault.keys.list());
    return new Set(slots.filter(({ status }) => status === "active").map(({ id }) => id));
  } catch (cause) {
    if (!(cause instanceof VaultProofError) || cause.code !== "unreachable") throw cause;
    throw new CliError(
      "not-certain",
      `${access.record.url} gives no answer: the backup may be all there is`,
      {
        cause,
      },
    );
  }
}
