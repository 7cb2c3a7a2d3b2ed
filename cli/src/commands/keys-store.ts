import { PROVIDER_SLUGS, type ProviderSlug } from "@vaultproof/protocol/providers";
import type { StoredKey } from "@vaultproof/sdk";
import type { Command } from "commander";
import { canAsk, type CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import { askChoice } from "../input/ask.js";
import { readKey } from "../input/read-key.js";
import { createReport, type Report } from "../report.js";
import {
  readRestrictions,
  withRestrictions,
  type RestrictionFlags,
} from "../restrict/restriction-options.js";
import { withSession } from "../session/open-session.js";
import { withKeySource, withService, type ServiceOptions } from "./options.js";

interface StoreCommandOptions extends ServiceOptions, RestrictionFlags {
  readonly provider?: string;
  readonly label?: string;
  readonly app?: readonly string[];
  readonly baseUrl?: string;
  readonly authHeader?: string;
  readonly keyFd?: string;
}

const HELP = `
The key is split on this device: one share is sent, sealed, the other stays here and in the bundles. An app makes its
calls with its bundle, a secret that is printed once.

  vaultproof keys store - --provider openai --app my-app < key-file
  vaultproof keys store --provider custom --base-url https://llm.example.com --auth-header "x-api-key: {key}"`;

/** `vaultproof keys store`. */
export function registerKeysStore(keys: Command, context: CommandContext): void {
  const command = keys
    .command("store")
    .description("split a provider's key and store it")
    .argument("[key]", "`-` reads the key from standard input; a key itself is refused here")
    .option("--provider <slug>", `whose key it is: ${PROVIDER_SLUGS.join(", ")}`)
    .option("--label <text>", "for people; the server sees it")
    .option("--app <id>", "an app that may use it; give it again for another", collect)
    .option("--base-url <origin>", "where the key may go; needed for custom")
    .option("--auth-header <header>", 'how it is presented, for custom: "name: template with {key}"')
    .addHelpText("after", HELP);
  withRestrictions(withKeySource(withService(command))).action(
    async (argument: string | undefined, options: StoreCommandOptions) => {
      const report = createReport(context, options);
      // What is wrong with the command line is said before anybody types a key.
      const source = { argument, keyFd: options.keyFd };
      const apiKeyBefore =
        argument === undefined || argument === "-" ? undefined : await readKey(context, source, WHAT);
      const provider = await chooseProvider(context, options.provider);
      const authHeader = options.authHeader === undefined ? undefined : readHeader(options.authHeader);
      const restrictions = await readRestrictions(options);
      await withSession(context, options, report, async ({ vault }) => {
        const apiKey = apiKeyBefore ?? (await readKey(context, source, WHAT));
        const stored = await report.during("splitting and storing", () =>
          vault.keys.store({
            apiKey,
            provider,
            label: options.label ?? provider,
            apps: options.app ?? [],
            baseUrl: options.baseUrl,
            authHeader,
            restrictions,
          }),
        );
        showStored(report, stored);
      });
    },
  );
}

const WHAT = "the provider's key";

function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}

async function chooseProvider(context: CommandContext, given: string | undefined): Promise<ProviderSlug> {
  if (given === undefined && canAsk(context)) {
    const options = PROVIDER_SLUGS.map((slug) => ({ value: slug, label: slug }));
    return askChoice(context, { message: "Whose key is it?", options });
  }
  const slug = PROVIDER_SLUGS.find((known) => known === given);
  if (slug !== undefined) return slug;
  const known = PROVIDER_SLUGS.join(", ");
  throw new CliError(given === undefined ? "input-needed" : "input-invalid", `--provider is one of ${known}`);
}

function readHeader(text: string): { name: string; template: string } {
  const colon = text.indexOf(":");
  if (colon < 1)
    throw new CliError("input-invalid", '--auth-header is "name: template", with {key} for the key');
  return { name: text.slice(0, colon).trim(), template: text.slice(colon + 1).trim() };
}

function showStored(report: Report, { keySlotId, bundles }: StoredKey): void {
  const lines = Object.entries(bundles).map(
    ([appId, bundle]) => `\nbundle of ${appId}, a secret, shown once:\n${bundle}`,
  );
  report.result({ keySlotId, bundles }, [`stored as ${keySlotId}`, ...lines].join("\n"));
  if (lines.length === 0) report.note(`No app may use it yet: vaultproof apps grant ${keySlotId} <app>`);
}
