import * as z from "zod";
import { readJsonFile, removeFile, writePrivateFile, type ConfigFolder } from "./config-folder.js";

/** 43 base64url characters. */
export const FINGERPRINT = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** Who this device is and which server it talks to; nothing in it is secret. */
const profileSchema = z.strictObject({
  format: z.literal(1),
  /** Origin of the service. */
  url: z.string(),
  /** Fingerprint of the pinned identity of the server at `url`. */
  serverIdentity: FINGERPRINT.optional(),
  /** keyid of the developer. */
  developerId: FINGERPRINT.optional(),
});

export type Profile = z.infer<typeof profileSchema>;

/** What is used as long as nobody says anything else: where `vaultproof up` listens. */
export const DEFAULT_URL = "http://127.0.0.1:8787";

/** @throws CliError `state-unreadable`. */
export async function loadProfile(folder: ConfigFolder): Promise<Profile | undefined> {
  return readJsonFile(folder.file("profile.json"), (value) => profileSchema.parse(value));
}

export async function saveProfile(folder: ConfigFolder, profile: Profile): Promise<void> {
  const checked = profileSchema.parse(profile);
  await writePrivateFile(folder.file("profile.json"), `${JSON.stringify(checked, null, 2)}\n`);
}

export async function removeProfile(folder: ConfigFolder): Promise<void> {
  await removeFile(folder.file("profile.json"));
}
