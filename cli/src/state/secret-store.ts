import { createHash, randomBytes } from "node:crypto";
import { access, link, rm } from "node:fs/promises";
import type { CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import {
  configFolder,
  readIfThere,
  readJsonFile,
  removeFile,
  writePrivateFile,
  type ConfigFolder,
} from "./config-folder.js";
import { findKeyring, loadKeyring } from "./keyring.js";
import {
  decrypt,
  encrypt,
  MASTER_KEY_BYTES,
  protectionSchema,
  unwrapMasterKey,
  wrapMasterKey,
  type Protection,
} from "./master-key.js";
import { readPassphrase } from "./passphrase.js";

/** Secrets of this device by name: the developer's key, bundles of projects. */
export interface SecretStore {
  /** What keeps the key that they are all encrypted under. */
  readonly kind: Protection["kind"];
  get(name: string): Promise<string | null>;
  /** It has reached the disk when this resolves. */
  set(name: string, value: string): Promise<void>;
  /** Stores it unless there is one by then. Gives the one that is there: the same to all who do this at once. */
  setOnce(name: string, value: string): Promise<string>;
  delete(name: string): Promise<void>;
}

/**
 * Opens the secrets of this device: a file each, encrypted under a random key that the system's keyring keeps or, where
 * there is none that works, a passphrase. Which of the two is settled when the first secret is stored. A file each,
 * because two commands at the same time then never undo each other's work, and because a keyring takes short values
 * only on some systems.
 *
 * @throws CliError `secrets-locked`, `input-needed`, `state-unreadable`.
 */
export async function openSecretStore(
  context: CommandContext,
  folder: ConfigFolder = configFolder(context.env),
): Promise<SecretStore> {
  const { protection, masterKey } = await openMasterKey(context, folder);
  const fileOf = (name: string) => folder.file("secrets", `${fileName(name)}.secret`);
  const sealed = (name: string, value: string) => encrypt(masterKey, name, Buffer.from(value));
  const get = async (name: string): Promise<string | null> => {
    const bytes = await readIfThere(fileOf(name));
    if (bytes === undefined) return null;
    try {
      return decrypt(masterKey, name, bytes).toString("utf8");
    } catch (cause) {
      throw new CliError("state-unreadable", `${fileOf(name)} is damaged or belongs to another device`, {
        cause,
      });
    }
  };
  return {
    kind: protection.kind,
    get,
    set: (name, value) => writePrivateFile(fileOf(name), sealed(name, value)),
    setOnce: async (name, value) => {
      await publishOnce(fileOf(name), sealed(name, value));
      return (await get(name)) ?? value;
    },
    delete: (name) => removeFile(fileOf(name)),
  };
}

/** Whether there are any secrets yet: opening them asks nobody anything before that. */
export async function hasSecretStore(folder: ConfigFolder): Promise<boolean> {
  return (await loadProtection(folder)) !== undefined;
}

async function loadProtection(folder: ConfigFolder): Promise<Protection | undefined> {
  return readJsonFile(folder.file("secrets", "protection.json"), (value) => protectionSchema.parse(value));
}

interface OpenedMasterKey {
  readonly protection: Protection;
  readonly masterKey: Uint8Array;
}

async function openMasterKey(context: CommandContext, folder: ConfigFolder): Promise<OpenedMasterKey> {
  const protection = await loadProtection(folder);
  if (protection !== undefined) return { protection, masterKey: await recallMasterKey(context, protection) };
  const made = await makeMasterKey(context);
  const text = `${JSON.stringify(made.protection, null, 2)}\n`;
  if (await publishOnce(folder.file("secrets", "protection.json"), text)) return made;
  // Another command made one meanwhile: what counts is what lies there now.
  return openMasterKey(context, folder);
}

async function recallMasterKey(context: CommandContext, protection: Protection): Promise<Uint8Array> {
  if (protection.kind === "passphrase") {
    const passphrase = await readPassphrase(context, "open");
    try {
      return await unwrapMasterKey(protection, passphrase);
    } finally {
      passphrase.fill(0);
    }
  }
  let kept: string | null;
  try {
    kept = await (await loadKeyring()).get(protection.account);
  } catch (cause) {
    throw new CliError("secrets-locked", "the system's keyring cannot be read", {
      cause,
      hint: "unlock it: sign in to the desktop, or start its daemon in this session",
    });
  }
  const masterKey = Buffer.from(kept ?? "", "base64");
  if (masterKey.length === MASTER_KEY_BYTES) return masterKey;
  throw new CliError(
    "secrets-locked",
    "the system's keyring no longer holds the key to the secrets on this device",
    {
      hint: "vaultproof recovery restore brings the developer back from a recovery kit",
    },
  );
}

async function makeMasterKey(context: CommandContext): Promise<OpenedMasterKey> {
  const masterKey = randomBytes(MASTER_KEY_BYTES);
  const keyring = await findKeyring(context.env);
  if (keyring !== undefined) {
    const account = `secrets-${randomBytes(8).toString("hex")}`;
    await keyring.set(account, masterKey.toString("base64"));
    return { masterKey, protection: { format: 1, kind: "keyring", account } };
  }
  const passphrase = await readPassphrase(context, "choose");
  try {
    return { masterKey, protection: await wrapMasterKey(masterKey, passphrase) };
  } finally {
    passphrase.fill(0);
  }
}

/** Writes the file only if nobody has: a link, unlike a rename, never replaces what is there. */
async function publishOnce(file: string, content: string | Uint8Array): Promise<boolean> {
  const draft = `${file}-${randomBytes(8).toString("hex")}.draft`;
  await writePrivateFile(draft, content);
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    // File systems without links: there, two first commands at once are not told apart.
    await access(file).catch(() => writePrivateFile(file, content));
    return true;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Names hold what file systems take amiss, and say what a secret is for. */
function fileName(name: string): string {
  return createHash("sha256").update(`vaultproof cli secret v1\n${name}`).digest("hex").slice(0, 32);
}
