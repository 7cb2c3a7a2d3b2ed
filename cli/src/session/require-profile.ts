import { CliError } from "../errors.js";
import type { ConfigFolder } from "../state/config-folder.js";
import { loadProfile, type Profile } from "../state/profile.js";

/** A profile of somebody who has logged in. */
export type LoggedInProfile = Profile & { readonly developerId: string };

/** @throws CliError `not-logged-in`. */
export async function requireProfile(folder: ConfigFolder): Promise<LoggedInProfile> {
  const profile = await loadProfile(folder);
  if (profile?.developerId === undefined) {
    throw new CliError("not-logged-in", "nobody is logged in on this device");
  }
  return { ...profile, developerId: profile.developerId };
}
