import type { Command } from "commander";
import type { CommandContext } from "../context.js";
import { createReport } from "../report.js";
import { requireProfile } from "../session/require-profile.js";
import { serviceUrl } from "../session/service-url.js";
import { configFolder } from "../state/config-folder.js";
import { knownDevelopers } from "../state/known-developers.js";
import { withService, type ServiceOptions } from "./options.js";

/** `vaultproof whoami`: from this device's state alone, without asking the service. */
export function registerWhoami(program: Command, context: CommandContext): void {
  const command = program
    .command("whoami")
    .description("show which developer this device is, and at which service");
  withService(command).action(async (options: ServiceOptions) => {
    const report = createReport(context, options);
    const folder = configFolder(context.env);
    const profile = await requireProfile(folder);
    const url = serviceUrl(context, options, profile);
    const serverIdentity = url === profile.url ? (profile.serverIdentity ?? null) : null;
    const others = (await knownDevelopers(folder)).filter(
      ({ developerId }) => developerId !== profile.developerId,
    );
    report.result(
      { developerId: profile.developerId, url, serverIdentity, others },
      [
        `developer  ${profile.developerId}`,
        `service    ${url}`,
        `identity   ${serverIdentity ?? "not pinned for this address"}`,
        ...others.map((other) => `also here  ${other.developerId} at ${other.url}`),
        ...(others.length === 0 ? [] : ["           vaultproof login --developer ID goes back to one"]),
      ].join("\n"),
    );
  });
}
