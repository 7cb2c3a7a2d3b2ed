import { join } from "node:path";
import envPaths from "env-paths";
import type { Environment } from "../environment.js";

/** Where the platform keeps the settings of a program. */
export function configFolder(env: Environment): string {
  // env-paths reads the process's own variables; a command that is given others must not write elsewhere.
  const xdg = env.XDG_CONFIG_HOME ?? "";
  if (process.platform === "linux" && xdg !== "") return join(xdg, "vaultproof");
  return envPaths("vaultproof", { suffix: "" }).config;
}
