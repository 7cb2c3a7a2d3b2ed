import type { Command } from "commander";
import type { CommandContext } from "../context.js";
import { requireConsent } from "../input/confirm.js";
import { readKey } from "../input/read-key.js";
import { readSlotId } from "../input/slot-id.js";
import { openProjectStore } from "../projects/open-project-store.js";
import { renewBundles } from "../projects/renew-bundles.js";
import { createReport, type Report } from "../report.js";
import { withSession, type Session } from "../session/open-session.js";
import { withKeySource, withService, withYes, type ServiceOptions } from "./options.js";

interface RotateCommandOptions extends ServiceOptions {
  readonly keyFd?: string;
  readonly yes?: boolean;
}

const ROTATE_HELP = `
Make the new key at the provider, rotate, and delete the old key at the provider. The apps stay; each needs its new
bundle, which is printed. Projects of this device get theirs by themselves.`;

/** `vaultproof keys rotate`. */
export function registerKeysRotate(keys: Command, context: CommandContext): void {
  const command = keys
    .command("rotate")
    .description("put a new provider key in the place of a stored one; every bundle of before is dead")
    .argument("<slot>", "id of the key slot, as `keys list` shows it", readSlotId)
    .argument("[key]", "`-` reads the new key from standard input; a key itself is refused here")
    .addHelpText("after", ROTATE_HELP);
  withYes(withKeySource(withService(command))).action(
    async (slot: string, argument: string | undefined, options: RotateCommandOptions) => {
      const report = createReport(context, options);
      await agree(context, slot, options);
      const apiKey = await readKey(
        context,
        { argument, keyFd: options.keyFd },
        "the new key of the provider",
      );
      await withSession(context, options, report, async (session) => {
        const { bundles } = await report.during("splitting and rotating", () =>
          session.vault.keys.rotate(slot, { apiKey }),
        );
        await handOut(context, session, { slot, bundles, report, done: "rotated" });
      });
    },
  );
}

/** `vaultproof keys refresh`. */
export function registerKeysRefresh(keys: Command, context: CommandContext): void {
  const command = keys
    .command("refresh")
    .description(
      "change both shares of a stored key; a share or bundle that was stolen is dead, the key stays",
    )
    .argument("<slot>", "id of the key slot, as `keys list` shows it", readSlotId);
  withYes(withService(command)).action(async (slot: string, options: RotateCommandOptions) => {
    const report = createReport(context, options);
    await agree(context, slot, options);
    await withSession(context, options, report, async (session) => {
      const { bundles } = await report.during("refreshing", () => session.vault.keys.refresh(slot));
      await handOut(context, session, { slot, bundles, report, done: "refreshed" });
    });
  });
}

function agree(context: CommandContext, slot: string, { yes }: RotateCommandOptions): Promise<void> {
  return requireConsent(context, { message: `Every app of ${slot} will need its new bundle. Go on?`, yes });
}

async function handOut(
  context: CommandContext,
  { secrets }: Session,
  about: {
    readonly slot: string;
    readonly bundles: Readonly<Record<string, string>>;
    readonly report: Report;
    readonly done: string;
  },
): Promise<void> {
  const { slot, bundles, report, done } = about;
  const projects = await renewBundles(openProjectStore(context, secrets), slot, bundles);
  const lines = Object.entries(bundles).map(
    ([app, bundle]) => `\nnew bundle of ${app}, a secret, shown once:\n${bundle}`,
  );
  report.result({ keySlotId: slot, bundles, projects }, [`${done} ${slot}`, ...lines].join("\n"));
  for (const folder of projects) report.note(`the project in ${folder} has its new bundle`);
}
