import { VaultProof } from "@vaultproof/sdk";
import type { CommandContext } from "../context.js";
import type { Report } from "../report.js";
import { configFolder, type ConfigFolder } from "../state/config-folder.js";
import { openSecretStore, type SecretStore } from "../state/secret-store.js";
import { loadDeveloperKey } from "./developer-key.js";
import { requireProfile } from "./require-profile.js";
import { serviceUrl, type UrlOption } from "./service-url.js";

/** A developer who is logged in, and the client for the service. */
export interface Session {
  readonly vault: VaultProof;
  readonly url: string;
  readonly developerKey: string;
  readonly developerId: string;
  readonly secrets: SecretStore;
  readonly folder: ConfigFolder;
}

/**
 * Opens the developer's client with what `login` left here.
 *
 * @throws CliError `not-logged-in`, `secrets-locked`; VaultProofError.
 */
export async function openSession(
  context: CommandContext,
  options: UrlOption,
  report: Report,
): Promise<Session> {
  const folder = configFolder(context.env);
  const profile = await requireProfile(folder);
  const url = serviceUrl(context, options, profile);
  const secrets = await openSecretStore(context, folder);
  const developerKey = await loadDeveloperKey(secrets, profile.developerId);
  const vault = await report.during(`asking ${url}`, () =>
    VaultProof.open({
      url,
      developerKey,
      // The pin is of one server; another is known by what the device remembers of it.
      serverIdentity: url === profile.url ? profile.serverIdentity : undefined,
      stateDir: folder.stateDir,
      onWarning: (message) => report.warn(message),
    }),
  );
  return { vault, url, developerKey, developerId: profile.developerId, secrets, folder };
}

/** Runs `work` within a session and ends it whatever happens. */
export async function withSession<T>(
  context: CommandContext,
  options: UrlOption,
  report: Report,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession(context, options, report);
  try {
    return await work(session);
  } finally {
    await session.vault.close();
  }
}
