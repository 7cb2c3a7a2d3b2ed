import { parseEnv, type Assignment } from "../init/env-file.js";
import { findEnvFiles, type EnvFile } from "../init/find-env-files.js";
import { providerOfVariable } from "../init/key-patterns.js";
import { GATEWAY_TOKEN, gatewayTokenDigest } from "../projects/gateway-token.js";
import type { Project, ProjectSlot } from "../projects/project.js";
import { variablesOf } from "./provider-variables.js";

/** What base URLs hold behind the slug, by variable; what is not there has the table's. */
export type BasePaths = ReadonlyMap<string, string>;

/** A base URL as `init` writes it. */
const LEADS_TO_GATEWAY =
  /^http:\/\/(?:127\.0\.0\.1|localhost)(?::\d+)?\/([a-z][a-z0-9-]{0,31})((?:\/[^?#]*)?)$/;

/**
 * The paths of base URLs that lead to the gateway, as the `.env*` files of a folder give them: a service that speaks
 * OpenAI's API may do so below any path, and which one is known there only. The file that holds the token of the
 * provider's project goes first, then `.env`. Where one of several variables of a provider is set, the others say the
 * same.
 *
 * @param projects of one folder.
 * @param slots what the run calls with, by slug.
 */
export async function basePathsOf(
  projects: readonly Project[],
  slots: ReadonlyMap<string, ProjectSlot>,
): Promise<BasePaths> {
  const [first] = projects;
  if (first === undefined) return new Map();
  const found = await findEnvFiles(first.folder).catch(() => undefined);
  const files = (found?.files ?? []).filter(({ isSample }) => !isSample);
  const paths = new Map<string, string>();
  for (const [slug, slot] of slots) {
    const tokenDigest = projects.find((project) => project.slots.includes(slot))?.tokenDigest;
    const isHolder = (file: EnvFile): boolean => holdsToken(file, slug, tokenDigest);
    const sorted = [...files.filter(isHolder), ...files.filter((file) => !isHolder(file))];
    const given = sorted.map((file) => pathsIn(file, slug));
    const names = variablesOf(slug).baseUrls.map(({ name }) => name);
    const any = given.flatMap((each) => names.flatMap((name) => each.get(name) ?? []))[0];
    for (const name of names) {
      const path = given.find((each) => each.has(name))?.get(name) ?? any;
      if (path !== undefined) paths.set(name, path);
    }
  }
  return paths;
}

function holdsToken({ text }: EnvFile, slug: string, tokenDigest: string | undefined): boolean {
  const isToken = ({ name, value }: Assignment): boolean =>
    providerOfVariable(name) === slug &&
    (value.match(GATEWAY_TOKEN) ?? []).some((token) => gatewayTokenDigest(token) === tokenDigest);
  return parseEnv(text).some(isToken);
}

/** By variable; the last one counts. */
function pathsIn({ text }: EnvFile, slug: string): Map<string, string> {
  const paths = new Map<string, string>();
  for (const { name, value } of parseEnv(text)) {
    const [, led, path = ""] = LEADS_TO_GATEWAY.exec(value) ?? [];
    if (led === slug) paths.set(name, path.replace(/\/$/, ""));
  }
  return paths;
}
