import type { CommandContext } from "../context.js";
import { configFolder } from "../state/config-folder.js";
import { openSecretStore, type SecretStore } from "../state/secret-store.js";
import { createFileProjectStore } from "./file-project-store.js";
import type { ProjectStore } from "./project.js";

/**
 * The projects of the person at this machine.
 *
 * @param secrets those of this device; left out, they are opened once a project is read or put: a device without
 *   projects is asked for no passphrase.
 */
export function openProjectStore(context: CommandContext, secrets?: SecretStore): ProjectStore {
  const folder = configFolder(context.env);
  let opened = secrets === undefined ? undefined : Promise.resolve(secrets);
  const open = (): Promise<SecretStore> => (opened ??= openSecretStore(context, folder));
  return createFileProjectStore({
    folder: folder.file("projects"),
    secrets: {
      get: async (name) => (await open()).get(name),
      setOnce: async (name, value) => (await open()).setOnce(name, value),
    },
  });
}
