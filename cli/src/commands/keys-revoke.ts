import type { Command } from "commander";
import type { CommandContext } from "../context.js";
import { requireConsent } from "../input/confirm.js";
import { readSlotId } from "../input/slot-id.js";
import { createReport } from "../report.js";
import { withSession } from "../session/open-session.js";
import { withService, withYes, type ServiceOptions } from "./options.js";

/** `vaultproof keys revoke`. */
export function registerKeysRevoke(keys: Command, context: CommandContext): void {
  const command = keys
    .command("revoke")
    .description("end a stored key for all its apps; this cannot be undone")
    .argument("<slot>", "id of the key slot, as `keys list` shows it", readSlotId);
  withYes(withService(command)).action(
    async (slot: string, options: ServiceOptions & { readonly yes?: boolean }) => {
      const report = createReport(context, options);
      const message = `End ${slot} for all its apps? This cannot be undone.`;
      await requireConsent(context, { message, yes: options.yes });
      await withSession(context, options, report, async ({ vault }) => {
        await vault.keys.revoke(slot);
        report.result({ keySlotId: slot, status: "revoked" }, `revoked ${slot}`);
      });
    },
  );
}
