import * as z from "zod";
import { initOwners } from "./init-owners.js";
import { readJsonFile, writePrivateFile, type ConfigFolder } from "./config-folder.js";
import { FINGERPRINT, loadProfile, type Profile } from "./profile.js";

const developerSchema = z.strictObject({
  developerId: FINGERPRINT,
  /** Origin of the service that this developer used last. */
  url: z.string(),
  /** Fingerprint of the server that was pinned there. */
  serverIdentity: FINGERPRINT.optional(),
});

const fileSchema = z.strictObject({ format: z.literal(1), developers: z.array(developerSchema) });

/** A developer whose key was kept on this device, and where they were logged in. Nothing of it is secret. */
export type KnownDeveloper = z.infer<typeof developerSchema>;

/**
 * Every developer of this device: the one who is logged in first, as the profile has them, then those whom another one
 * replaced, the last first. A device on which that happened before this list was kept has them in what `init` wrote.
 *
 * @throws CliError `state-unreadable`.
 */
export async function knownDevelopers(folder: ConfigFolder): Promise<KnownDeveloper[]> {
  const current = developerOf(await loadProfile(folder));
  const owners = (await initOwners(folder)).map(({ developerId, url }) =>
    // A server is known by its address: there is one pin for it, whoever pinned it.
    current?.url === url ? { ...current, developerId } : { developerId, url },
  );
  const all = [...(current === undefined ? [] : [current]), ...(await listed(folder)), ...owners];
  return all.filter(
    ({ developerId }, at) => all.findIndex((other) => other.developerId === developerId) === at,
  );
}

/** Keeps the one who is logged in on the list: called before somebody else takes their place. */
export async function rememberDeveloper(folder: ConfigFolder): Promise<void> {
  const current = developerOf(await loadProfile(folder));
  if (current === undefined) return;
  const others = (await listed(folder)).filter(({ developerId }) => developerId !== current.developerId);
  const text = JSON.stringify({ format: 1, developers: [current, ...others] }, null, 2);
  await writePrivateFile(folder.file("developers.json"), `${text}\n`);
}

async function listed(folder: ConfigFolder): Promise<KnownDeveloper[]> {
  const file = folder.file("developers.json");
  return (await readJsonFile(file, (value) => fileSchema.parse(value)))?.developers ?? [];
}

function developerOf(profile: Profile | undefined): KnownDeveloper | undefined {
  if (profile?.developerId === undefined) return undefined;
  const { developerId, url, serverIdentity } = profile;
  return { developerId, url, ...(serverIdentity === undefined ? {} : { serverIdentity }) };
}
