import { FINGERPRINT } from "@vaultproof/protocol/identifiers";
import { VaultProof } from "@vaultproof/sdk";
import type { Command } from "commander";
import { canAsk, type CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import { askChoice, askText } from "../input/ask.js";
import { requireConsent } from "../input/confirm.js";
import { readKey } from "../input/read-key.js";
import { readSecretFile } from "../input/read-secret-file.js";
import { createReport, type Report } from "../report.js";
import { developerIdOf, developerKeyName } from "../session/developer-key.js";
import { serviceUrl } from "../session/service-url.js";
import { configFolder } from "../state/config-folder.js";
import { loadProfile, saveProfile, type Profile } from "../state/profile.js";
import { openSecretStore, type SecretStore } from "../state/secret-store.js";
import { withKeySource, withService, withYes, type ServiceOptions } from "./options.js";

interface LoginOptions extends ServiceOptions {
  readonly new?: boolean;
  readonly kind?: string;
  readonly keyFd?: string;
  readonly serverIdentity?: string;
  readonly inviteFile?: string;
  readonly yes?: boolean;
}

const HELP = `
The developer key says who you are; it is made here and never sent. With a vp_live_ key the server must be named by its
fingerprint, which it prints at start. A vp_test_ key trusts the first server that it meets, and remembers it.

  vaultproof login --new                                   a new key, for the service on this machine
  vaultproof login --new --url https://vault.example.com --server-identity FINGERPRINT
  vaultproof login - < key-file                            an existing key, from standard input`;

/** `vaultproof login`. */
export function registerLogin(program: Command, context: CommandContext): void {
  const command = program
    .command("login")
    .description("use a developer key on this device: a new one, or one that you have")
    .argument("[key]", "`-` reads an existing key from standard input; a key itself is refused here")
    .option("--new", "make a new developer key")
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
  const profile = await loadProfile(folder);
  const url = serviceUrl(context, options, profile);
  const { developerKey, isNew } = await chooseKey(context, argument, { ...options, url });
  const developerId = developerIdOf(developerKey);
  await agreeToReplace(context, profile, { developerId, yes: options.yes });
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
  await saveProfile(folder, { format: 1, url, serverIdentity: vault.serverIdentity, developerId });
  showLogin(report, { developerId, url, isNew, serverIdentity: vault.serverIdentity, secrets });
}

function showLogin(
  report: Report,
  said: {
    readonly developerId: string;
    readonly url: string;
    readonly serverIdentity: string;
    readonly isNew: boolean;
    readonly secrets: SecretStore;
  },
): void {
  const { developerId, url, serverIdentity, isNew, secrets } = said;
  const secretsIn = secrets.kind;
  report.result(
    { developerId, url, serverIdentity, newKey: isNew, secretsIn },
    [
      `logged in as  ${developerId}${isNew ? "   (a new developer key)" : ""}`,
      `service       ${url}`,
      `identity      ${serverIdentity}`,
      `key kept in   ${secretsIn === "keyring" ? "the system's keyring" : "a file, under your passphrase"}`,
    ].join("\n"),
  );
  if (isNew)
    report.note(
      "Make a recovery kit of it: vaultproof recovery export. Without it, a lost device is a lost key.",
    );
}

async function chooseKey(
  context: CommandContext,
  argument: string | undefined,
  options: LoginOptions & { readonly url: string },
): Promise<{ developerKey: string; isNew: boolean }> {
  const existing = argument !== undefined || options.keyFd !== undefined;
  if (options.new === true && existing) {
    throw new CliError("input-invalid", "--new makes a key; another one cannot be given with it");
  }
  let makeNew = options.new === true;
  if (!makeNew && !existing) {
    if (!canAsk(context)) {
      throw new CliError("input-needed", "a developer key is needed and there is no terminal to ask at", {
        hint: "--new makes one; `-` reads one from standard input, --key-fd N from a descriptor",
      });
    }
    const message = "Which developer key?";
    const options = [
      { value: "new", label: "make a new one" },
      { value: "existing", label: "use one that I have" },
    ] as const;
    makeNew = (await askChoice(context, { message, options })) === "new";
  }
  if (makeNew) return { developerKey: VaultProof.generateDeveloperKey(kindOf(options)), isNew: true };
  const source = { argument, keyFd: options.keyFd };
  return { developerKey: await readKey(context, source, "the developer key"), isNew: false };
}

function kindOf({ kind, url }: { readonly kind?: string; readonly url: string }): "live" | "test" {
  if (kind === "live" || kind === "test") return kind;
  if (kind !== undefined) throw new CliError("input-invalid", "--kind is live or test");
  return isLoopback(url) ? "test" : "live";
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}

async function agreeToReplace(
  context: CommandContext,
  profile: Profile | undefined,
  to: { readonly developerId: string; readonly yes: boolean | undefined },
): Promise<void> {
  const before = profile?.developerId;
  if (before === undefined || before === to.developerId) return;
  const message = `Use another developer key on this device? The one of ${before} stays stored here.`;
  await requireConsent(context, { message, yes: to.yes });
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
