import { FINGERPRINT } from "@vaultproof/protocol/identifiers";
import { VaultProof } from "@vaultproof/sdk";
import type { Command } from "commander";
import { canAsk, type CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import { askText } from "../input/ask.js";
import { requireConsent } from "../input/confirm.js";
import { readSecretFile } from "../input/read-secret-file.js";
import { createReport, type Report } from "../report.js";
import { chooseDeveloper, obtainKey, type KeyOptions } from "../session/choose-developer-key.js";
import { developerIdOf, developerKeyName, wayBackTo } from "../session/developer-key.js";
import { serviceUrl } from "../session/service-url.js";
import { configFolder, type ConfigFolder } from "../state/config-folder.js";
import { knownDevelopers, rememberDeveloper, type KnownDeveloper } from "../state/known-developers.js";
import { loadProfile, saveProfile, type Profile } from "../state/profile.js";
import { hasSecretStore, openSecretStore, type SecretStore } from "../state/secret-store.js";
import { withKeySource, withService, withYes, type ServiceOptions } from "./options.js";

interface LoginOptions extends ServiceOptions, KeyOptions {
  readonly serverIdentity?: string;
  readonly inviteFile?: string;
  readonly yes?: boolean;
}

const HELP = `
The developer key says who you are; it is made here and never sent. With a vp_live_ key the server must be named by its
fingerprint, which it prints at start. A vp_test_ key trusts the first server that it meets, and remembers it.

  vaultproof login --new                                   a new key, for the service on this machine
  vaultproof login --new --url https://vault.example.com --server-identity FINGERPRINT
  vaultproof login - < key-file                            an existing key, from standard input
  vaultproof login --developer ID                          back to one whose key is stored here; whoami lists them`;

/** `vaultproof login`. */
export function registerLogin(program: Command, context: CommandContext): void {
  const command = program
    .command("login")
    .description("use a developer key on this device: a new one, or one that you have")
    .argument("[key]", "`-` reads an existing key from standard input; a key itself is refused here")
    .option("--new", "make a new developer key")
    .option("--developer <id>", "go back to a developer whose key is stored on this device")
    .option("--kind <kind>", "of the new key: live or test (test for a service on this machine)")
    .option("--server-identity <fingerprint>", "the server's identity, as it prints it at start")
    .option("--invite-file <file>", "file with the invite that the operator gave out, where one is needed")
    .addHelpText("after", HELP);
  withYes(withKeySource(withService(command))).action(
    async (argument: string | undefined, options: LoginOptions) => {
      await login(context, argument, options);
    },
  );
}

async function login(
  context: CommandContext,
  argument: string | undefined,
  options: LoginOptions,
): Promise<void> {
  const report = createReport(context, options);
  const folder = configFolder(context.env);
  const known = await knownDevelopers(folder);
  const choice = await chooseDeveloper(context, argument, { options, known });
  const stored = choice.from === "stored" ? choice.developerId : undefined;
  const before = await loadProfile(folder);
  // Whoever comes back does so to the service that they left.
  const profile = before?.developerId === stored ? before : (profileOf(known, stored) ?? before);
  const url = serviceUrl(context, options, profile);
  const developerKey =
    choice.from === "stored"
      ? await storedKey(context, folder, choice.developerId)
      : await obtainKey(context, argument, { from: choice.from, options, url });
  const developerId = developerIdOf(developerKey);
  const replaced = before?.developerId === developerId ? undefined : before?.developerId;
  // Whoever names a stored one has said so.
  if (stored === undefined) await agreeToReplace(context, { replaced, yes: options.yes });
  const serverIdentity = await chooseIdentity(context, { developerKey, profile, url, options });
  const inviteToken =
    options.inviteFile === undefined
      ? undefined
      : (await readSecretFile(options.inviteFile, options.inviteFile)).trim();
  const secrets = await openSecretStore(context, folder);
  // Before it is registered: a developer whom the server knows and nobody else would be of no use.
  await keepKey(secrets, developerId, developerKey);
  let firstContact = false as boolean;
  const vault = await report.during(`asking ${url}`, () =>
    VaultProof.open({
      url,
      developerKey,
      serverIdentity,
      inviteToken,
      stateDir: folder.stateDir,
      onWarning: () => (firstContact = true),
    }),
  );
  await vault.close();
  if (firstContact) {
    const compare = "compare that with what the server prints at start";
    report.warn(
      `${url} was not known: its identity ${vault.serverIdentity} is trusted from now on; ${compare}`,
    );
  }
  await rememberDeveloper(folder);
  await saveProfile(folder, { format: 1, url, serverIdentity: vault.serverIdentity, developerId });
  const isNew = choice.from === "new";
  showLogin(report, { developerId, url, isNew, serverIdentity: vault.serverIdentity, secrets, replaced });
}

function showLogin(
  report: Report,
  said: {
    readonly developerId: string;
    readonly url: string;
    readonly serverIdentity: string;
    readonly isNew: boolean;
    readonly secrets: SecretStore;
    readonly replaced: string | undefined;
  },
): void {
  const { developerId, url, serverIdentity, isNew, secrets, replaced } = said;
  const secretsIn = secrets.kind;
  report.result(
    { developerId, url, serverIdentity, newKey: isNew, secretsIn, replaced: replaced ?? null },
    [
      `logged in as  ${developerId}${isNew ? "   (a new developer key)" : ""}`,
      `service       ${url}`,
      `identity      ${serverIdentity}`,
      `key kept in   ${secretsIn === "keyring" ? "the system's keyring" : "a file, under your passphrase"}`,
    ].join("\n"),
  );
  if (replaced !== undefined) report.note(`The key of ${replaced} ${wayBackTo(replaced)}`);
  if (isNew)
    report.note(
      "Make a recovery kit of it: vaultproof recovery export. Without it, a lost device is a lost key.",
    );
}

function profileOf(known: readonly KnownDeveloper[], stored: string | undefined): Profile | undefined {
  const developer = known.find(({ developerId }) => developerId === stored);
  return developer === undefined ? undefined : { format: 1, ...developer };
}

async function storedKey(
  context: CommandContext,
  folder: ConfigFolder,
  developerId: string,
): Promise<string> {
  // Opening secrets that are not there yet would make them.
  const secrets = (await hasSecretStore(folder)) ? await openSecretStore(context, folder) : undefined;
  const key = (await secrets?.get(developerKeyName(developerId))) ?? null;
  if (key !== null) return key;
  throw new CliError("not-found", `the key of ${developerId} is not on this device`, {
    hint: "vaultproof whoami shows whose are; recovery restore brings one from a recovery kit",
  });
}

async function agreeToReplace(
  context: CommandContext,
  { replaced, yes }: { readonly replaced: string | undefined; readonly yes: boolean | undefined },
): Promise<void> {
  if (replaced === undefined) return;
  const message = `Use another developer key on this device? The one of ${replaced} ${wayBackTo(replaced)}`;
  await requireConsent(context, { message, yes });
}

async function chooseIdentity(
  context: CommandContext,
  about: {
    readonly developerKey: string;
    readonly profile: Profile | undefined;
    readonly url: string;
    readonly options: LoginOptions;
  },
): Promise<string | undefined> {
  const { developerKey, profile, url, options } = about;
  const given = options.serverIdentity ?? (profile?.url === url ? profile.serverIdentity : undefined);
  if (given === undefined && developerKey.startsWith("vp_live_") && canAsk(context)) {
    return checkedFingerprint(
      await askText(context, {
        message: "Fingerprint of the server's identity (the server prints it at start)",
      }),
    );
  }
  return given === undefined ? undefined : checkedFingerprint(given);
}

function checkedFingerprint(text: string): string {
  const fingerprint = text.trim();
  if (FINGERPRINT.test(fingerprint)) return fingerprint;
  throw new CliError("input-invalid", "a server's identity is a fingerprint of 43 characters");
}

async function keepKey(secrets: SecretStore, developerId: string, developerKey: string): Promise<void> {
  const name = developerKeyName(developerId);
  if ((await secrets.get(name)) !== developerKey) await secrets.set(name, developerKey);
}
