import { realpath } from "node:fs/promises";
import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import { requireConsent } from "../input/confirm.js";
import { newGatewayToken } from "../projects/gateway-token.js";
import { openProjectStore } from "../projects/open-project-store.js";
import type { Report } from "../report.js";
import { openSession, type Session } from "../session/open-session.js";
import { requireProfile } from "../session/require-profile.js";
import { serviceUrl } from "../session/service-url.js";
import { configFolder, type ConfigFolder } from "../state/config-folder.js";
import { describePlan, planDocument } from "./describe-plan.js";
import { envBytes } from "./env-file.js";
import { findEnvFiles, findTemporaries, removeTemporaries, type EnvFile } from "./find-env-files.js";
import { withFolderLock } from "./folder-lock.js";
import { gitWarnings } from "./git.js";
import { makePlan, type Plan, type PlannedKey } from "./plan.js";
import { projectElsewhere } from "./project-elsewhere.js";
import {
  contentDigest,
  createInitRecords,
  findRecord,
  newRecordId,
  type InitRecord,
  type InitRecords,
} from "./record.js";
import { replaceFile, requireReplaceable } from "./replace-file.js";
import { rewriteFile } from "./rewrite.js";
import { shellWarnings } from "./shell-warnings.js";
import { storeKeys } from "./store-keys.js";

const USUAL_GATEWAY = "http://127.0.0.1:8790";

export interface InitOptions {
  readonly url?: string | undefined;
  /** Where the gateway will be; left out: where the folder has it, or the usual place. */
  readonly gateway?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly yes?: boolean | undefined;
}

/**
 * Puts the keys in a folder's `.env*` files into the vault and placeholders in their place. It can be interrupted
 * anywhere: a key leaves a file only when it is in the vault and its backup is on the disk, and running it again goes on.
 *
 * @throws CliError, VaultProofError; files that were not reached are as they were then.
 */
export async function runInit(context: CommandContext, options: InitOptions, report: Report): Promise<void> {
  const folder = await realpath(context.cwd);
  const config = configFolder(context.env);
  const existing = await findRecord(config, folder);
  const gateway = chooseGateway(existing, options.gateway);
  const { plan, files, warnings } = await lookAround(context, folder, gateway);
  const paths = files.map(({ path }) => path);
  if (options.dryRun !== true) await removeLeftovers(config, folder, paths);
  const stray = existing === undefined ? await projectElsewhere(context, folder, files) : undefined;
  if (stray !== undefined && plan.keys.length === 0) throw stray;
  if (stray !== undefined) report.warn(`${stray.message}; ${stray.hint}`);
  if (plan.keys.length === 0) {
    for (const warning of warnings) report.warn(warning);
    report.result(
      { ...planDocument(plan, gateway), done: existing !== undefined },
      nothingFound(plan, existing),
    );
    return;
  }
  report.note(describePlan(plan, gateway));
  for (const warning of warnings) report.warn(warning);
  if (options.dryRun === true) {
    report.result({ ...planDocument(plan, gateway), done: false }, "nothing was changed: this was a dry run");
    return;
  }
  await requireProfile(config);
  const count = plan.keys.length === 1 ? "this key" : `these ${plan.keys.length} keys`;
  const message = `Put ${count} into the vault and placeholders in their place?`;
  await requireConsent(context, { message, yes: options.yes });
  await withFolderLock(config, folder, () =>
    carryOut(context, { plan, folder, gateway, existing, options, report }),
  );
  report.result({ ...planDocument(plan, gateway), done: true }, closingWords(plan, gateway));
}

/** The files of a folder lead to one place: another one that is asked for must not be passed over in silence. */
function chooseGateway(existing: InitRecord | undefined, asked: string | undefined): string {
  if (existing === undefined) return asked ?? USUAL_GATEWAY;
  if (asked !== undefined && asked !== existing.gateway) {
    const undo = existing.forgotten ? "" : ", or take it back first: vaultproof init --undo";
    throw new CliError("input-invalid", `what init wrote in this folder leads to ${existing.gateway}`, {
      hint: `leave the option out${undo}`,
    });
  }
  return existing.gateway;
}

async function lookAround(
  context: CommandContext,
  folder: string,
  gateway: string,
): Promise<{ plan: Plan; files: readonly EnvFile[]; warnings: string[] }> {
  const found = await findEnvFiles(folder);
  const plan = makePlan(found.files, gateway);
  const holding = new Set(plan.keys.flatMap(({ places }) => places.map(({ file }) => file.path)));
  const files = plan.files.filter(({ path }) => holding.has(path));
  const warnings = [
    ...found.warnings,
    ...plan.warnings,
    ...(await gitWarnings(folder, files)),
    ...(await shellWarnings(context.env, plan, files)),
  ];
  return { plan, files: found.files, warnings };
}

/** A draft that a kill left may hold keys: it goes whether or not there is anything else to do. */
async function removeLeftovers(
  config: ConfigFolder,
  folder: string,
  paths: readonly string[],
): Promise<void> {
  if ((await findTemporaries(folder, paths)).length === 0) return;
  await withFolderLock(config, folder, () => removeTemporaries(folder, paths));
}

async function carryOut(
  context: CommandContext,
  about: {
    readonly plan: Plan;
    readonly folder: string;
    readonly gateway: string;
    readonly existing: InitRecord | undefined;
    readonly options: InitOptions;
    readonly report: Report;
  },
): Promise<void> {
  const { plan, folder, gateway, existing, options, report } = about;
  // Somebody may have thought about the question for a while.
  if (!isDeepStrictEqual(await findRecord(configFolder(context.env), folder), existing)) {
    throw new CliError("file-changed", "init was run in this folder meanwhile");
  }
  // Before anything is asked of the server: a file that cannot be rewritten is found now.
  for (const file of plan.files) {
    const { text } = rewriteFile(file, plan.keys, { gateway, placeholderOf: newGatewayToken });
    await requireReplaceable(file.path, Buffer.alloc(envBytes(text).length));
  }
  const session = await openSession(context, { url: options.url ?? existing?.url }, report);
  try {
    const records = createInitRecords(session.folder, () => session.developerKey);
    const begun = existing?.forgotten === false ? existing : newRecord(session, folder, gateway);
    assertSame(begun, session, serviceUrl(context, options, { format: 1, url: begun.url }));
    await records.save(begun);
    const projects = openProjectStore(context, session.secrets);
    const { record, tokenOf } = await report.during("splitting and storing", () =>
      storeKeys({ ...session, records, projects }, begun, plan.keys),
    );
    let current = record;
    for (const file of plan.files)
      current = await rewriteOnDisk(records, current, { file, keys: plan.keys, gateway, tokenOf });
  } finally {
    await session.vault.close();
  }
}

function newRecord({ url, developerId }: Session, folder: string, gateway: string): InitRecord {
  const id = newRecordId();
  const name = basename(folder)
    .replaceAll(/[^A-Za-z0-9._-]/g, "-")
    .slice(0, 64);
  const appId = `${name === "" ? "project" : name}-${id.slice(0, 8)}`;
  return {
    format: 1,
    id,
    folder,
    url,
    developerId,
    gateway,
    appId,
    keys: [],
    rewrites: [],
    forgotten: false,
  };
}

function assertSame(record: InitRecord, { developerId }: Session, url: string): void {
  const hint = "vaultproof init --undo takes it back first";
  if (record.developerId !== developerId) {
    throw new CliError("input-invalid", `this folder belongs to the developer ${record.developerId}`, {
      hint,
    });
  }
  if (record.url !== url)
    throw new CliError("input-invalid", `this folder's keys are at ${record.url}`, { hint });
}

/** Backup first, then the record of it, then the file: whatever comes between, the next run finds what it needs. */
async function rewriteOnDisk(
  records: InitRecords,
  record: InitRecord,
  about: {
    readonly file: EnvFile;
    readonly keys: readonly PlannedKey[];
    readonly gateway: string;
    readonly tokenOf: (key: PlannedKey) => string;
  },
): Promise<InitRecord> {
  const { file, keys, gateway, tokenOf } = about;
  const { text, ...rewrite } = rewriteFile(file, keys, { gateway, placeholderOf: tokenOf });
  const backup = Math.max(0, ...record.rewrites.map((other) => other.backup)) + 1;
  await records.saveBackup(record, backup, { original: file.text, rewrite });
  const entry = { path: file.path, backup, after: contentDigest(text) };
  const next = { ...record, rewrites: [...record.rewrites, entry] };
  await records.save(next);
  await replaceFile(file.path, envBytes(file.text), envBytes(text));
  return next;
}

function nothingFound({ leftAlone }: Plan, existing: InitRecord | undefined): string {
  if (leftAlone > 0) return `nothing was changed: ${countLeft(leftAlone)} left alone, as said above`;
  return existing === undefined
    ? "no provider's key was found in the .env files of this folder"
    : "nothing to do: the keys of this folder are in the vault";
}

function countLeft(count: number): string {
  return count === 1 ? "1 key was" : `${count} keys were`;
}

function closingWords(plan: Plan, gateway: string): string {
  const files = plan.files.map(({ name }) => name).join(", ");
  return [
    `done: ${plan.keys.length === 1 ? "the key is" : `${plan.keys.length} keys are`} in the vault, ${files} ${plan.files.length === 1 ? "holds" : "hold"} placeholders`,
    ...(plan.leftAlone > 0 ? [`      ${countLeft(plan.leftAlone)} left alone, as said above`] : []),
    "",
    "  vaultproof exec -- PROGRAM   runs your program with a gateway of its own",
    `  vaultproof gateway           answers at ${gateway}; start it, then your program as ever`,
    "  vaultproof init --undo       puts the keys back",
    "  vaultproof init --forget     deletes the encrypted backup, once all works",
  ].join("\n");
}
