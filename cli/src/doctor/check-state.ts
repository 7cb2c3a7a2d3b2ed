import { stat } from "node:fs/promises";
import type { CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import { developerIdOf, loadDeveloperKey } from "../session/developer-key.js";
import { type ConfigFolder } from "../state/config-folder.js";
import { loadProfile, type Profile } from "../state/profile.js";
import { hasSecretStore, openSecretStore, type SecretStore } from "../state/secret-store.js";
import { broken, ok, skipped, type Finding } from "./finding.js";

/** What the state on this device gives to the checks behind it. */
export interface StateOnDevice {
  readonly profile?: Profile;
  readonly secrets?: SecretStore;
  readonly developerKey?: string;
}

/** Whether the state can be read, is closed to others, and holds the key of the one who is logged in. */
export async function checkState(
  context: CommandContext,
  folder: ConfigFolder,
): Promise<{ findings: Finding[]; state: StateOnDevice }> {
  const findings = [await checkFolder(folder)];
  let profile: Profile | undefined;
  try {
    profile = await loadProfile(folder);
  } catch (error) {
    return { findings: [...findings, unreadable("state", error, folder)], state: {} };
  }
  if (profile?.developerId === undefined) {
    findings.push(broken("login", "nobody is logged in on this device", "vaultproof login --new"));
    return { findings, state: profile === undefined ? {} : { profile } };
  }
  try {
    if (!(await hasSecretStore(folder)))
      throw new CliError("not-logged-in", "the developer key is not on this device");
    const secrets = await openSecretStore(context, folder);
    const developerKey = await loadDeveloperKey(secrets, profile.developerId);
    if (developerIdOf(developerKey) !== profile.developerId)
      throw new CliError("state-unreadable", "it is another's");
    const where = secrets.kind === "keyring" ? "the system's keyring" : "a file, under a passphrase";
    findings.push(ok("developer key", `of ${profile.developerId}, kept in ${where}`));
    return { findings, state: { profile, secrets, developerKey } };
  } catch (error) {
    return { findings: [...findings, unreadable("developer key", error, folder)], state: { profile } };
  }
}

async function checkFolder(folder: ConfigFolder): Promise<Finding> {
  const check = "config folder";
  try {
    const { mode } = await stat(folder.path);
    if ((mode & 0o077) !== 0 && process.platform !== "win32") {
      return broken(check, `${folder.path} is open to other users`, `chmod 700 ${folder.path}`);
    }
    return ok(check, folder.path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      return skipped(check, `${folder.path} is not there yet`);
    return broken(check, `${folder.path} cannot be read`, "give this user the right to read it");
  }
}

function unreadable(check: string, error: unknown, folder: ConfigFolder): Finding {
  if (!(error instanceof CliError)) throw error;
  const remedy =
    error.code === "state-unreadable"
      ? `bring ${folder.path} back from a backup, or remove what is damaged and run \`vaultproof login\` again`
      : error.hint;
  return broken(check, error.message, remedy);
}
