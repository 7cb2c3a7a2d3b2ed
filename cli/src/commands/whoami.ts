import type { Command } from "commander";
import type { CommandContext } from "../context.js";
import { createReport } from "../report.js";
import { requireProfile } from "../session/require-profile.js";
import { serviceUrl } from "../session/service-url.js";
import { configFolder } from "../state/config-folder.js";
import { withService, type ServiceOptions } from "./options.js";

/** `vaultproof whoami`: from this device's state alone, without asking the service. */
export function registerWhoami(program: Command, context: CommandContext): void {
  const command = program
    .command("whoami")
    .description("show which developer this device is, and at which service");
  withService(command).action(async (options: ServiceOptions) => {
    const report = createReport(context, options);
    const profile = await requireProfile(configFolder(context.env));
    const url = serviceUrl(context, options, profile);
    const serverIdentity = url === profile.url ? (profile.serverIdentity ?? null) : null;
    report.result(
      { developerId: profile.developerId, url, serverIdentity },
      [
        `developer  ${profile.developerId}`,
        `service    ${url}`,
        `identity   ${serverIdentity ?? "not pinned for this address"}`,
      ].join("\n"),
    );
  });
}
