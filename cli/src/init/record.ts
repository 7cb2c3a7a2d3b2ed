import { createHash, createHmac, randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { deriveKey, parseDeveloperKey } from "@vaultproof/protocol/developer-key";
import { openAtRest, sealAtRest } from "@vaultproof/protocol/share-at-rest";
import * as z from "zod";
import { CliError } from "../errors.js";
import {
  readIfThere,
  readJsonFile,
  removeFile,
  writePrivateFile,
  type ConfigFolder,
} from "../state/config-folder.js";
import { envBytes, type EnvText } from "./env-file.js";
import type { Rewrite } from "./rewrite.js";

/** What `init` did in a folder so far. Written before each step, so that whoever comes later knows of it. No secrets. */
const recordSchema = z.strictObject({
  format: z.literal(1),
  /** 16 hex digits. */
  id: z.string().regex(/^[0-9a-f]{16}$/),
  /** Real path. */
  folder: z.string(),
  url: z.string(),
  developerId: z.string(),
  gateway: z.string(),
  appId: z.string(),
  keys: z.array(
    z.strictObject({
      /** Tells a key again without holding it. */
      mac: z.string(),
      provider: z.string(),
      origin: z.string().optional(),
      /** Which of the folder's projects has it: a project has one key a provider. */
      project: z.number().int().min(0),
      /** Known once the server has answered. */
      keySlotId: z.string().optional(),
    }),
  ),
  rewrites: z.array(
    z.strictObject({
      /** Real path. */
      path: z.string(),
      /** Number of the backup. */
      backup: z.number().int().min(1),
      /** SHA-256 of the file once it is rewritten, hex. */
      after: z.string(),
    }),
  ),
  /** Backups were deleted on request. */
  forgotten: z.boolean(),
});

export type InitRecord = z.infer<typeof recordSchema>;
export type KeyInRecord = InitRecord["keys"][number];

/** A file as it was, and what was changed in it. Encrypted under the developer key. */
export interface Backup {
  readonly original: EnvText;
  readonly rewrite: Omit<Rewrite, "text">;
}

/** Records and backups of `init` on this device. */
export interface InitRecords {
  save(record: InitRecord): Promise<void>;
  saveBackup(record: InitRecord, number: number, backup: Backup): Promise<void>;
  /** @throws CliError `backup-missing`, `state-unreadable`. */
  loadBackup(record: InitRecord, number: number): Promise<Backup>;
  deleteBackups(record: InitRecord): Promise<void>;
  remove(record: InitRecord): Promise<void>;
}

/** Keeps records in `<config>/init`. */
export function createInitRecords(folder: ConfigFolder, developerKeyOf: () => string): InitRecords {
  const recordFile = (id: string) => folder.file("init", `${id}.json`);
  const backupFile = (id: string, number: number) => folder.file("init", id, `${number}.backup`);
  const purpose = (id: string, number: number) => ({ info: INFO, aad: `${id} ${number}` });
  const save = (record: InitRecord) =>
    writePrivateFile(recordFile(record.id), `${JSON.stringify(recordSchema.parse(record), null, 2)}\n`);
  const deleteBackups = ({ id }: InitRecord) => rm(folder.file("init", id), { recursive: true, force: true });
  return {
    save,
    deleteBackups,
    saveBackup: async ({ id }, number, { original, rewrite }) => {
      const plain = Buffer.from(JSON.stringify({ format: 1, original, rewrite }));
      const key = parseDeveloperKey(developerKeyOf());
      await writePrivateFile(backupFile(id, number), await sealAtRest(key, purpose(id, number), plain));
    },
    loadBackup: async ({ id }, number) => {
      const file = backupFile(id, number);
      const sealed = await readIfThere(file);
      if (sealed === undefined) throw new CliError("backup-missing", `there is no backup ${file}`);
      try {
        const key = parseDeveloperKey(developerKeyOf());
        const plain = await openAtRest(key, purpose(id, number), sealed);
        return JSON.parse(Buffer.from(plain).toString("utf8")) as Backup;
      } catch (cause) {
        throw new CliError("state-unreadable", `${file} is damaged or of another developer`, { cause });
      }
    },
    remove: async (record) => {
      // A removal that is interrupted can be said again: what the record names is there as long as it names it.
      await save({ ...record, rewrites: [] });
      await deleteBackups(record);
      await removeFile(recordFile(record.id));
    },
  };
}

const INFO = "vaultproof init backup v1";

/**
 * The record of a folder, which needs no secret: the one that can be undone, else one whose backup was deleted. What is
 * found after that is done under a record of its own.
 */
export async function findRecord(folder: ConfigFolder, path: string): Promise<InitRecord | undefined> {
  const names = await readdir(folder.file("init")).catch((): string[] => []);
  let forgotten: InitRecord | undefined;
  for (const name of names.filter((name) => /^[0-9a-f]{16}\.json$/.test(name)).sort()) {
    const record = await readJsonFile(folder.file("init", name), (value) => recordSchema.parse(value));
    if (record?.folder !== path) continue;
    if (!record.forgotten) return record;
    forgotten ??= record;
  }
  return forgotten;
}

/** {@link findRecord}. @throws CliError `not-a-project` where there is none. */
export async function requireRecord(config: ConfigFolder, folder: string): Promise<InitRecord> {
  const record = await findRecord(config, folder);
  if (record === undefined) throw new CliError("not-a-project", `nothing was done by init in ${folder}`);
  return record;
}

export function newRecordId(): string {
  return randomBytes(8).toString("hex");
}

/** By which a key is told again: nobody without the developer key can try keys against it. */
export function keyMac(
  developerKey: string,
  key: { provider: string; origin?: string | undefined; key: string },
): string {
  const secret = deriveKey(parseDeveloperKey(developerKey), {
    info: "vaultproof init key mac v1",
    length: 32,
  });
  const about = JSON.stringify([key.provider, key.origin ?? "", key.key]);
  return createHmac("sha256", secret).update(about).digest("hex").slice(0, 32);
}

/** SHA-256 of a file's content, hex. */
export function contentDigest(text: EnvText): string {
  return createHash("sha256").update(envBytes(text)).digest("hex");
}
