import { open, rm } from "node:fs/promises";
import type { Command } from "commander";
import type { CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import { requireConsent } from "../input/confirm.js";
import { readSlotId } from "../input/slot-id.js";
import { openProjectStore } from "../projects/open-project-store.js";
import { renewBundles } from "../projects/renew-bundles.js";
import { createReport } from "../report.js";
import { keptRestrictions } from "../restrict/kept-restrictions.js";
import {
  readRestrictions,
  withRestrictions,
  type RestrictionFlags,
} from "../restrict/restriction-options.js";
import { withSession } from "../session/open-session.js";
import { withService, withYes, type ServiceOptions } from "./options.js";

const GRANT_HELP = `
An app that may use the slot already is given a new bundle; its old one is dead from then on. Its restrictions stay unless
others are given, which then are all that it has, or --unrestricted.

  vaultproof apps grant SLOT my-app --paths "/v1/chat/*" --methods POST --per-day 1000 --not-after 90d`;

/** `vaultproof apps …`. */
export function registerApps(program: Command, context: CommandContext): void {
  const apps = program.command("apps").description("say which apps may use a stored key, and how");
  registerGrant(apps, context);
  registerRevoke(apps, context);
}

interface GrantOptions extends ServiceOptions, RestrictionFlags {
  readonly out?: string;
  readonly unrestricted?: boolean;
}

function registerGrant(apps: Command, context: CommandContext): void {
  const command = apps
    .command("grant")
    .description("let an app use a stored key; prints its bundle, a secret")
    .argument("<slot>", "id of the key slot, as `keys list` shows it", readSlotId)
    .argument("<app>", "name of the app: 1 to 128 of A-Z a-z 0-9 . _ : -")
    .option("--out <file>", "write the bundle to a new file that only you may read, instead of printing it")
    .option("--unrestricted", "end the restrictions that the app has")
    .addHelpText("after", GRANT_HELP);
  withRestrictions(withService(command)).action(async (slot: string, app: string, options: GrantOptions) => {
    const report = createReport(context, options);
    const asked = await readRestrictions(options);
    if (asked !== undefined && options.unrestricted === true) {
      throw new CliError("input-invalid", "--unrestricted and restrictions are two things");
    }
    await withSession(context, options, report, async ({ vault, secrets }) => {
      const keeps = asked === undefined && options.unrestricted !== true;
      const restrictions = keeps
        ? keptRestrictions(await vault.keys.list(), { keySlotId: slot, appId: app })
        : asked;
      // Before the grant: it ends the app's old bundle.
      const file = options.out === undefined ? undefined : await openNewFile(options.out);
      const { bundle } = await vault.apps.grant(slot, app, restrictions).catch(async (error: unknown) => {
        await file?.discard();
        throw error;
      });
      await renewBundles(openProjectStore(context, secrets), slot, { [app]: bundle });
      if (file === undefined) {
        report.result({ keySlotId: slot, appId: app, bundle }, bundle);
      } else {
        await file.write(`${bundle}\n`);
        report.result(
          { keySlotId: slot, appId: app, file: options.out },
          `${app} may use ${slot}; its bundle is in ${options.out}`,
        );
      }
    });
  });
}

function registerRevoke(apps: Command, context: CommandContext): void {
  const command = apps
    .command("revoke")
    .description("end an app's use of a stored key")
    .argument("<slot>", "id of the key slot", readSlotId)
    .argument("<app>", "name of the app");
  withYes(withService(command)).action(
    async (slot: string, app: string, options: ServiceOptions & { readonly yes?: boolean }) => {
      const report = createReport(context, options);
      await requireConsent(context, { message: `End ${app}'s use of ${slot}?`, yes: options.yes });
      await withSession(context, options, report, async ({ vault }) => {
        await vault.apps.revoke(slot, app);
        report.result({ keySlotId: slot, appId: app, status: "revoked" }, `${app} may no longer use ${slot}`);
      });
    },
  );
}

/** A new file: one that is there may be somebody else's, or open to others. */
async function openNewFile(
  path: string,
): Promise<{ write: (text: string) => Promise<void>; discard: () => Promise<void> }> {
  const file = await open(path, "wx", 0o600).catch((cause: unknown) => {
    throw new CliError("input-invalid", `${path} cannot be made`, {
      cause,
      hint: "--out names a file that does not exist yet",
    });
  });
  return {
    write: async (text) => {
      await file.writeFile(text);
      await file.close();
    },
    discard: async () => {
      await file.close();
      await rm(path, { force: true });
    },
  };
}
