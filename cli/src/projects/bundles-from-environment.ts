import { CliError } from "../errors.js";
import type { Environment } from "../environment.js";
import { projectSlot, type ProjectSlot } from "./project.js";

const NAMED = /^(?:([^=]*)=)?(vpb_.*)$/s;

/**
 * Slots from `VAULTPROOF_BUNDLE` and `VAULTPROOF_URL`, for machines that keep no projects.
 * `VAULTPROOF_BUNDLE` is a comma-separated list of `vpb_…` or `name=vpb_…`; the name is the path that a provider gets
 * at the gateway, and is needed where the provider is not in the table.
 *
 * @returns undefined where `VAULTPROOF_BUNDLE` is not set.
 * @throws CliError `bundle-invalid`, `configuration-invalid`.
 */
export function bundlesFromEnvironment(env: Environment): ProjectSlot[] | undefined {
  const parts = (env.VAULTPROOF_BUNDLE ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  if (parts.length === 0) return undefined;
  const url = serviceUrl(env);
  return parts.map((part) => {
    const match = NAMED.exec(part);
    if (match === null)
      throw new CliError("bundle-invalid", "VAULTPROOF_BUNDLE is vpb_… or name=vpb_…, comma-separated");
    const [, slug, bundle = ""] = match;
    return projectSlot({ bundle, url, slug });
  });
}

function serviceUrl(env: Environment): string {
  const url = (env.VAULTPROOF_URL ?? "").trim();
  if (!URL.canParse(url)) {
    throw new CliError(
      "configuration-invalid",
      "VAULTPROOF_BUNDLE needs VAULTPROOF_URL, the origin of the service",
    );
  }
  return url;
}
