import { join } from "node:path";
import type { Environment } from "../environment.js";
import { configFolder } from "./config-folder.js";
import { createFileProjectStore } from "./file-project-store.js";
import { openSecretStore } from "./interim-secret-store.js";
import type { ProjectStore } from "./project.js";

/** The projects of the person at this machine. */
export async function openProjectStore({ env }: { env: Environment }): Promise<ProjectStore> {
  const secrets = await openSecretStore({ env });
  return createFileProjectStore({ folder: join(configFolder(env), "projects"), secrets });
}
