import type { CommandContext } from "../context.js";
import { configFolder } from "../state/config-folder.js";
import { openSecretStore, type SecretStore } from "../state/secret-store.js";
import { createFileProjectStore } from "./file-project-store.js";
import type { ProjectStore } from "./project.js";

/** The projects of the person at this machine. */
export async function openProjectStore(
  context: CommandContext,
  secrets?: SecretStore,
): Promise<ProjectStore> {
  const folder = configFolder(context.env);
  return createFileProjectStore({
    folder: folder.file("projects"),
    secrets: secrets ?? (await openSecretStore(context, folder)),
  });
}
