import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { CliError } from "../errors.js";
import { type Project, projectSlot, type ProjectStore } from "./project.js";

/** What keeps the key that project files are encrypted under. */
export interface ProjectSecrets {
  get(name: string): Promise<string | null>;
  /** Stores it unless there is one by then, and gives the one that is there. */
  setOnce(name: string, value: string): Promise<string>;
}

const KEY_NAME = "projects-key";
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const ID = /^[a-z0-9-]{1,64}$/;
const DIGEST = /^[0-9a-f]{64}$/;
const CONTEXT = "vaultproof project file v1";

/**
 * Keeps each project in a file `<folder>/<id>.vpp` of mode 0600: `iv (12) ‖ ciphertext ‖ tag (16)` of AES-256-GCM over
 * the project's JSON, the id as associated data, so that one project's file cannot pass for another's. The key is one
 * of `secrets`, made with the first project.
 */
export function createFileProjectStore(options: {
  readonly folder: string;
  readonly secrets: ProjectSecrets;
}): ProjectStore {
  const { folder, secrets } = options;
  return {
    async list() {
      const names = (await filesIn(folder)).filter((name) => name.endsWith(".vpp"));
      if (names.length === 0) return [];
      const key = await readKey(secrets);
      if (key === undefined) throw damaged("their key is not where secrets are kept");
      const ids = names.map((name) => name.slice(0, -".vpp".length)).filter((id) => ID.test(id));
      return await Promise.all(
        ids.sort().map(async (id) => readProject(id, key, await readFile(join(folder, `${id}.vpp`)))),
      );
    },
    async put(project) {
      if (!ID.test(project.id))
        throw new RangeError("a project's id is lowercase letters, digits and hyphens");
      const key = (await readKey(secrets)) ?? (await makeKey(secrets));
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = join(folder, `${project.id}.vpp`);
      await writeFileAtomic(file, encrypt(project.id, key, projectJson(project)), { mode: 0o600 });
    },
    async delete(id) {
      if (ID.test(id)) await rm(join(folder, `${id}.vpp`), { force: true });
    },
  };
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

async function readKey(secrets: ProjectSecrets): Promise<Buffer | undefined> {
  const text = await secrets.get(KEY_NAME);
  if (text === null) return undefined;
  const key = Buffer.from(text, "base64");
  if (key.length !== KEY_BYTES) throw damaged("their key has another length");
  return key;
}

async function makeKey(secrets: ProjectSecrets): Promise<Buffer> {
  // Another command may make the first project at the same time: what one of them wrote, both must be able to read.
  const kept = await secrets.setOnce(KEY_NAME, randomBytes(KEY_BYTES).toString("base64"));
  return Buffer.from(kept, "base64");
}

function encrypt(id: string, key: Buffer, text: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(aadOf(id));
  return Buffer.concat([iv, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(id: string, key: Buffer, file: Buffer): string {
  if (file.length < IV_BYTES + TAG_BYTES) throw damaged(`${id}.vpp is cut`);
  const decipher = createDecipheriv("aes-256-gcm", key, file.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(aadOf(id)).setAuthTag(file.subarray(-TAG_BYTES));
  try {
    const text = decipher.update(file.subarray(IV_BYTES, -TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString("utf8");
  } catch {
    throw damaged(`${id}.vpp was altered, or belongs to another key`);
  }
}

function aadOf(id: string): Buffer {
  return Buffer.from(`${CONTEXT}\n${id}`);
}

/** Written out member by member: a slot's own JSON shows no bundle. */
function projectJson({ id, folder, tokenDigest, slots }: Project): string {
  const shown = slots.map(({ slug, bundle, url }) => ({ slug, bundle, url }));
  return JSON.stringify({ version: 1, id, folder, tokenDigest, slots: shown });
}

function readProject(id: string, key: Buffer, file: Buffer): Project {
  const value = JSON.parse(decrypt(id, key, file)) as Record<string, unknown>;
  const { version, folder, tokenDigest, slots } = value;
  if (
    version !== 1 ||
    value.id !== id ||
    typeof folder !== "string" ||
    typeof tokenDigest !== "string" ||
    !DIGEST.test(tokenDigest) ||
    !Array.isArray(slots)
  ) {
    throw damaged(`${id}.vpp was written by another version`);
  }
  const read = slots as { bundle: string; url: string; slug: string }[];
  return {
    id,
    folder,
    tokenDigest,
    slots: read.map(({ bundle, url, slug }) => projectSlot({ bundle, url, slug })),
  };
}

function damaged(what: string): CliError {
  return new CliError("projects-unreadable", `the projects on this machine cannot be read: ${what}`);
}
