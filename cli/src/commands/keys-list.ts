import type { Command } from "commander";
import type { CommandContext } from "../context.js";
import { createReport, showTime, table } from "../report.js";
import { withSession } from "../session/open-session.js";
import { withService, type ServiceOptions } from "./options.js";

/** `vaultproof keys list`. */
export function registerKeysList(keys: Command, context: CommandContext): void {
  const command = keys
    .command("list")
    .description("list the key slots: provider, label, state and the apps that may use each");
  withService(command)
    .option("--all", "revoked ones too")
    .action(async (options: ServiceOptions & { readonly all?: boolean }) => {
      const report = createReport(context, options);
      await withSession(context, options, report, async ({ vault }) => {
        const every = await vault.keys.list();
        const shown = options.all === true ? every : every.filter(({ status }) => status === "active");
        const rows = shown.map(({ id, provider, label, status, createdAt, appGrants }) => [
          id,
          provider,
          label,
          status,
          showTime(createdAt),
          appGrants.map(({ appId }) => appId).join(", "),
        ]);
        const text =
          rows.length === 0
            ? "no keys are stored; `vaultproof keys store` or `vaultproof init` stores one"
            : table([["ID", "PROVIDER", "LABEL", "STATE", "STORED", "APPS"], ...rows]);
        report.result({ keySlots: shown }, text);
      });
    });
}
