import { open, rm } from "node:fs/promises";
import { VaultProof } from "@vaultproof/sdk";
import type { Command } from "commander";
import { canAsk, type CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import { askSecret } from "../input/ask.js";
import { requireConsent } from "../input/confirm.js";
import { readSecretFile } from "../input/read-secret-file.js";
import { createReport } from "../report.js";
import { developerIdOf, developerKeyName, wayBackTo } from "../session/developer-key.js";
import { withSession } from "../session/open-session.js";
import { configFolder } from "../state/config-folder.js";
import { rememberDeveloper } from "../state/known-developers.js";
import { loadProfile, saveProfile } from "../state/profile.js";
import { openSecretStore } from "../state/secret-store.js";
import { withService, withYes, type ServiceOptions } from "./options.js";

interface RecoveryOptions extends ServiceOptions {
  readonly kitPassphraseFile?: string;
  readonly serverIdentity?: string;
  readonly yes?: boolean;
}

const HELP = `
A kit holds the developer key and this device's share of every slot, encrypted under a passphrase of its own. With it
another device goes on; without it, a lost device is a lost key. Make a new one after slots and apps have changed.`;

/** `vaultproof recovery …`. */
export function registerRecovery(program: Command, context: CommandContext): void {
  const recovery = program.command("recovery").description("bring this developer to another device");
  registerExport(recovery, context);
  registerRestore(recovery, context);
}

function withKitPassphrase(command: Command): Command {
  return command.option(
    "--kit-passphrase-file <file>",
    "file with the kit's passphrase, instead of being asked for it",
  );
}

function registerExport(recovery: Command, context: CommandContext): void {
  const command = recovery
    .command("export")
    .description("write an encrypted recovery kit to a new file")
    .argument("<file>", "the file, which must not exist yet")
    .addHelpText("after", HELP);
  withKitPassphrase(withService(command)).action(async (path: string, options: RecoveryOptions) => {
    const report = createReport(context, options);
    const passphrase = await kitPassphrase(context, options, "choose");
    await withSession(context, options, report, async ({ vault }) => {
      const file = await open(path, "wx", 0o600).catch((cause: unknown) => {
        const hint = "name a file that does not exist yet";
        throw new CliError("input-invalid", `${path} cannot be made`, { cause, hint });
      });
      try {
        await file.writeFile(`${await report.during("encrypting", () => vault.recoveryKit(passphrase))}\n`);
        await file.sync();
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      } finally {
        await file.close();
      }
      report.result({ file: path }, `the recovery kit is in ${path}: keep it, and its passphrase elsewhere`);
    });
  });
}

function registerRestore(recovery: Command, context: CommandContext): void {
  const command = recovery
    .command("restore")
    .description("bring a recovery kit's developer and shares to this device")
    .argument("<file>", "the kit; `-` for standard input")
    .option("--server-identity <fingerprint>", "of a server that has a new identity since the kit was made");
  withKitPassphrase(withYes(withService(command))).action(async (path: string, options: RecoveryOptions) => {
    await restore(context, path, options);
  });
}

async function restore(context: CommandContext, path: string, options: RecoveryOptions): Promise<void> {
  const report = createReport(context, options);
  const kit = (await readKit(context, path)).trim();
  const passphrase = await kitPassphrase(context, options, "open");
  const owner = await report.during("decrypting", () => VaultProof.readRecoveryKit(kit, passphrase));
  const developerId = developerIdOf(owner.developerKey);
  const folder = configFolder(context.env);
  const before = (await loadProfile(folder))?.developerId;
  if (before !== undefined && before !== developerId) {
    const message = `Use the kit's developer on this device? The key of ${before} ${wayBackTo(before)}`;
    await requireConsent(context, { message, yes: options.yes });
  }
  const secrets = await openSecretStore(context, folder);
  await secrets.set(developerKeyName(developerId), owner.developerKey);
  // The service may be down: what the kit holds is on this device by then, and who it is of.
  const url = options.url ?? owner.url;
  const serverIdentity = options.serverIdentity ?? owner.serverIdentity;
  await rememberDeveloper(folder);
  await saveProfile(folder, { format: 1, url, serverIdentity, developerId });
  const vault = await report.during(`asking ${url}`, () =>
    VaultProof.restore(kit, passphrase, {
      url,
      serverIdentity,
      stateDir: folder.stateDir,
      onWarning: (message) => report.warn(message),
    }),
  );
  const slots = (await vault.keys.list()).filter(({ status }) => status === "active").length;
  await vault.close();
  report.result(
    { developerId, url, serverIdentity, activeSlots: slots },
    `logged in as ${developerId} at ${url}; ${slots} active key slots`,
  );
}

async function readKit({ stdin }: CommandContext, path: string): Promise<string> {
  if (path !== "-") return readSecretFile(path, path);
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString("utf8");
}

async function kitPassphrase(
  context: CommandContext,
  { kitPassphraseFile }: RecoveryOptions,
  use: "choose" | "open",
): Promise<string> {
  if (kitPassphraseFile !== undefined) return readSecretFile(kitPassphraseFile, kitPassphraseFile);
  if (!canAsk(context)) {
    throw new CliError("input-needed", "the kit's passphrase is needed and there is no terminal to ask at", {
      hint: "--kit-passphrase-file names a file that holds it",
    });
  }
  if (use === "open") return askSecret(context, "Passphrase of the kit");
  const first = await askSecret(context, "Choose a passphrase for the kit, of 12 characters or more");
  if ((await askSecret(context, "The same passphrase again")) !== first) {
    throw new CliError("input-invalid", "the two passphrases differ", { hint: "run it again" });
  }
  return first;
}
