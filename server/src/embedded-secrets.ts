import { randomBytes } from "node:crypto";
import { link, open, readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DEFAULT_DATA_FOLDER, makeDataFolder } from "@vaultproof/db/data-folder";
import { z } from "zod";
import type { ProcessEnvironment } from "./config.js";

const FILE = "secrets.json";
const NAMES = ["SERVER_ENCRYPTION_KEY", "SERVER_IDENTITY_KEY", "EDGE_SECRETS"] as const;

/** `DATA_DIR/secrets.json`: the values of the variables of the same names. */
const fileSchema = z.strictObject({
  SERVER_ENCRYPTION_KEY: z.string(),
  SERVER_IDENTITY_KEY: z.string(),
  EDGE_SECRETS: z.string(),
});

type EmbeddedSecrets = z.infer<typeof fileSchema>;

/** The file of secrets exists and cannot be used. The message never holds its content. */
export class EmbeddedSecretsError extends Error {
  override readonly name = "EmbeddedSecretsError";
}

/**
 * Completes an environment that lacks secrets from `DATA_DIR/secrets.json`, made once with 0600 and the same for
 * server and edge. In production (`NODE_ENV=production`) nothing is added: there secrets come from outside.
 *
 * @throws EmbeddedSecretsError when the file exists and does not hold secrets.
 */
export async function withEmbeddedSecrets(env: ProcessEnvironment): Promise<ProcessEnvironment> {
  const missing = NAMES.filter((name) => (env[name] ?? "").trim() === "");
  if (env.NODE_ENV === "production" || missing.length === 0) return env;
  const folder = dataFolder(env);
  const secrets = (await readSecrets(folder)) ?? (await makeSecrets(folder));
  return { ...env, ...Object.fromEntries(missing.map((name) => [name, secrets[name]])) };
}

/** `DATA_DIR`, or the folder that stands for it, as an absolute path. */
export function dataFolder(env: ProcessEnvironment): string {
  const configured = env.DATA_DIR?.trim() ?? "";
  return resolve(configured === "" ? DEFAULT_DATA_FOLDER : configured);
}

async function readSecrets(folder: string): Promise<EmbeddedSecrets | null> {
  const path = join(folder, FILE);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    return fileSchema.parse(JSON.parse(text));
  } catch {
    // Neither the parser's message nor its cause: both quote the file.
    throw new EmbeddedSecretsError(`${path} does not hold the secrets that were made for this folder`);
  }
}

async function makeSecrets(folder: string): Promise<EmbeddedSecrets> {
  const random = () => randomBytes(32).toString("base64");
  const made: EmbeddedSecrets = {
    SERVER_ENCRYPTION_KEY: random(),
    SERVER_IDENTITY_KEY: random(),
    EDGE_SECRETS: `embedded:${random()}`,
  };
  await makeDataFolder(folder);
  await publishOnce(folder, `${JSON.stringify(made, null, 2)}\n`);
  // Server and edge may have started together: what counts is what lies there now.
  return (await readSecrets(folder)) ?? made;
}

/** Writes the file whole, and only if nobody has: a link, unlike a rename, never replaces what is there. */
async function publishOnce(folder: string, text: string): Promise<void> {
  const draft = join(folder, `${FILE}.${process.pid}.${randomBytes(4).toString("hex")}`);
  const file = await open(draft, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(draft, join(folder, FILE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await rm(draft, { force: true });
  }
}
