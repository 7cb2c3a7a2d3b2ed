import { existsSync } from "node:fs";
import { parseBundle } from "@vaultproof/protocol/bundle";
import type { Command } from "commander";
import type { CommandContext } from "../context.js";
import { CliError } from "../errors.js";
import { requireConsent } from "../input/confirm.js";
import { openProjectStore } from "../projects/open-project-store.js";
import type { Project } from "../projects/project.js";
import { createReport, table } from "../report.js";
import { withJson, withYes, type CommonOptions } from "./options.js";

const REMOVE_HELP = `
For a project that is not used any more, or whose folder is gone. Elsewhere \`vaultproof init --undo\` in its folder puts
the keys back, ends their slots and removes the project as well.`;

/** `vaultproof projects …`: from this device's state alone, without asking the service. */
export function registerProjects(program: Command, context: CommandContext): void {
  const projects = program
    .command("projects")
    .description("see the projects that the gateway on this device serves, forget one");
  registerList(projects, context);
  registerRemove(projects, context);
}

function registerList(projects: Command, context: CommandContext): void {
  const command = projects
    .command("list")
    .description("list the projects of this device: folder, apps and key slots");
  withJson(command).action(async (options: CommonOptions) => {
    const shown = (await openProjectStore(context).list()).map(describeProject);
    const rows = shown.flatMap(({ id, folder, folderIsThere, slots }) =>
      slots.map(({ provider, appId, keySlotId }) => [
        id,
        folderIsThere ? folder : `${folder} (gone)`,
        provider,
        appId,
        keySlotId,
      ]),
    );
    const text =
      shown.length === 0
        ? "there are no projects on this device; `vaultproof init` makes one"
        : table([["ID", "FOLDER", "PROVIDER", "APP", "KEY SLOT"], ...rows]);
    createReport(context, options).result({ projects: shown }, text);
  });
}

function registerRemove(projects: Command, context: CommandContext): void {
  const command = projects
    .command("remove")
    .description("forget a project on this device; its key slots stay in the vault")
    .argument("<id>", "id of the project, as `projects list` shows it")
    .addHelpText("after", REMOVE_HELP);
  withYes(withJson(command)).action(
    async (id: string, options: CommonOptions & { readonly yes?: boolean }) => {
      const report = createReport(context, options);
      const store = openProjectStore(context);
      const project = (await store.list()).find((known) => known.id === id);
      if (project === undefined) {
        const hint = "vaultproof projects list shows those that there are";
        throw new CliError("not-found", `there is no project ${id} on this device`, { hint });
      }
      const { folder, folderIsThere, slots } = describeProject(project);
      const effect = folderIsThere ? " Its placeholders will call nothing any more." : "";
      const message = `Forget the project of ${folder} on this device?${effect}`;
      await requireConsent(context, { message, yes: options.yes });
      await store.delete(id);
      const keySlotIds = [...new Set(slots.map(({ keySlotId }) => keySlotId))];
      report.result({ id, folder, keySlotIds, status: "removed" }, `removed the project of ${folder}`);
      report.note(
        [
          "Its key slots stay as they are in the vault. To end one for all its apps:",
          ...keySlotIds.map((keySlotId) => `  vaultproof keys revoke ${keySlotId}`),
        ].join("\n"),
      );
    },
  );
}

/** What may be shown of a project: its bundles are secrets. */
function describeProject({ id, folder, slots }: Project) {
  return {
    id,
    folder,
    folderIsThere: existsSync(folder),
    slots: slots.map(({ slug, appId, url, bundle }) => ({
      provider: slug,
      appId,
      url,
      keySlotId: parseBundle(bundle).slotId,
    })),
  };
}
