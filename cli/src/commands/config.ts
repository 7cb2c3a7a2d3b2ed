import { FINGERPRINT } from "@vaultproof/protocol/identifiers";
import type { Command } from "commander";
import type { CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import { createReport } from "../report.js";
import { originOf } from "../session/service-url.js";
import { configFolder } from "../state/config-folder.js";
import { DEFAULT_URL, loadProfile, saveProfile, type Profile } from "../state/profile.js";
import { withJson, type CommonOptions } from "./options.js";

const SETTINGS = ["url", "server-identity"] as const;
type Setting = (typeof SETTINGS)[number];

/** `vaultproof config …`. */
export function registerConfig(program: Command, context: CommandContext): void {
  const config = program.command("config").description("see and change what this device remembers");
  withJson(
    config.command("show", { isDefault: true }).description("show every setting and where it is kept"),
  ).action(async (options: CommonOptions) => {
    const folder = configFolder(context.env);
    const profile = await loadProfile(folder);
    const url = profile?.url ?? DEFAULT_URL;
    const serverIdentity = profile?.serverIdentity ?? null;
    const developerId = profile?.developerId ?? null;
    createReport(context, options).result(
      { url, serverIdentity, developerId, folder: folder.path },
      [
        `url              ${url}`,
        `server-identity  ${serverIdentity ?? "-"}`,
        `developer        ${developerId ?? "-"}`,
        `kept in          ${folder.path}`,
      ].join("\n"),
    );
  });
  withJson(
    config
      .command("set")
      .description("change a setting")
      .argument("<name>", SETTINGS.join(" or "))
      .argument("<value>"),
  ).action(async (name: string, value: string, options: CommonOptions) => {
    const folder = configFolder(context.env);
    const profile: Profile = (await loadProfile(folder)) ?? { format: 1, url: DEFAULT_URL };
    await saveProfile(folder, changed(profile, settingOf(name), value));
    createReport(context, options).result({ [name]: value }, `${name} is ${value}`);
  });
}

function settingOf(name: string): Setting {
  const setting = SETTINGS.find((known) => known === name);
  if (setting === undefined) throw new CliError("input-invalid", `a setting is ${SETTINGS.join(" or ")}`);
  return setting;
}

function changed(profile: Profile, setting: Setting, value: string): Profile {
  if (setting === "url") {
    const url = originOf(value, "url");
    if (url === profile.url) return profile;
    // The pin belongs to the server at the old address.
    const { format, developerId } = profile;
    return { format, url, ...(developerId === undefined ? {} : { developerId }) };
  }
  if (!FINGERPRINT.test(value)) {
    throw new CliError("input-invalid", "server-identity is a fingerprint of 43 characters");
  }
  return { ...profile, serverIdentity: value };
}
