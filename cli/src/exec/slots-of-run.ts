import { join } from "node:path";
import { parseEnv, readEnvText } from "../init/env-file.js";
import { providerOfVariable } from "../init/key-patterns.js";
import { chooseApps } from "../projects/choose-apps.js";
import { GATEWAY_TOKEN, gatewayTokenDigest } from "../projects/gateway-token.js";
import type { Project, ProjectSlot } from "../projects/project.js";
import { readIfThere } from "../state/config-folder.js";

/**
 * What a program of a folder calls with: for each provider the project whose token stands in `.env` behind that
 * provider's variable, as without `exec`; where none does, the folder's first project that has the provider. A folder
 * has several projects once it has, or had, two keys of one provider.
 *
 * @param projects of one folder.
 * @param apps names of apps that may be used; empty: whichever there is.
 * @throws CliError `app-unclear`, `app-unknown`.
 */
export async function slotsOfRun(
  projects: readonly Project[],
  apps: readonly string[],
): Promise<ReadonlyMap<string, ProjectSlot>> {
  const usable = projects.filter(({ slots }) =>
    slots.some(({ appId }) => apps.length === 0 || apps.includes(appId)),
  );
  const [first] = usable;
  if (first === undefined) {
    return chooseApps(
      projects.flatMap(({ slots }) => slots),
      apps,
    );
  }
  const named = await tokensIn(join(first.folder, ".env"));
  const chosen = new Map<string, ProjectSlot>();
  for (const { slots, tokenDigest } of usable) {
    for (const [slug, slot] of chooseApps(slots, apps)) {
      if (!chosen.has(slug) || named.get(slug) === tokenDigest) chosen.set(slug, slot);
    }
  }
  return chosen;
}

/** Digests of the tokens in a file, by the provider whose variable holds them; the last one counts. */
async function tokensIn(file: string): Promise<ReadonlyMap<string, string>> {
  const bytes = await readIfThere(file).catch(() => undefined);
  const digests = new Map<string, string>();
  for (const { name, value } of parseEnv(readEnvText(bytes ?? new Uint8Array()))) {
    const provider = providerOfVariable(name);
    const [token] = value.match(GATEWAY_TOKEN) ?? [];
    if (provider !== undefined && token !== undefined) digests.set(provider, gatewayTokenDigest(token));
  }
  return digests;
}
