import type { KnownProvider } from "@vaultproof/protocol/providers";
import type { Environment } from "../environment.js";
import { isRealKey, KEY_PATTERNS, type KeyPattern, providerOfVariable } from "../init/key-patterns.js";
import type { BasePaths } from "./base-paths.js";
import { PROVIDER_VARIABLES, variablesOf } from "./provider-variables.js";

/** The environment of a program that calls through the gateway. */
export interface ChildEnvironment {
  readonly env: Record<string, string>;
  /** Names of variables that were taken out and not replaced, in order. */
  readonly removed: readonly string[];
}

/** The command's own variables, which hold bundles and passphrases among others. */
const OWN_PREFIX = "VAULTPROOF_";
const PROXIES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
const LOOPBACK = ["127.0.0.1", "localhost"];

/**
 * Writes the environment of a program: base URLs and the token in place of keys for each provider of `slugs`, and
 * without what holds a key of one of them, by name or by the look of its value. Further names that programs give such a
 * key (`OPENAI_KEY`) hold the token where they are set. Other providers' variables stay.
 *
 * @param options.basePaths where base URLs go on otherwise than the table says.
 */
export function childEnvironment(options: {
  readonly env: Environment;
  readonly gatewayUrl: string;
  readonly token: string;
  readonly slugs: readonly string[];
  readonly basePaths?: BasePaths;
}): ChildEnvironment {
  const { gatewayUrl, token, slugs, basePaths } = options;
  const set = new Map<string, string>();
  const unset = new Set<string>();
  for (const slug of slugs) {
    const { keys, baseUrls, removed } = variablesOf(slug);
    for (const name of keys) set.set(name, token);
    for (const { name, path } of baseUrls) {
      set.set(name, `${gatewayUrl}/${slug}${basePaths?.get(name) ?? path}`);
    }
    for (const name of removed) unset.add(name);
  }
  const alsoKeys = new Set(slugs.flatMap((slug) => patternOf(slug)?.variables ?? []));
  const env: Record<string, string> = {};
  const removed: string[] = [];
  for (const [name, value] of Object.entries(options.env)) {
    // Windows does not tell names apart by case.
    const known = name.toUpperCase();
    if (value === undefined || known.startsWith(OWN_PREFIX) || set.has(known)) continue;
    if (unset.has(known)) removed.push(name);
    else if (alsoKeys.has(known)) env[name] = token;
    else if (isNamedForKeyOf(slugs, known, value) || holdsKeyOf(slugs, known, value)) removed.push(name);
    else env[name] = value;
  }
  return { env: { ...env, ...Object.fromEntries(set), ...aroundProxies(env) }, removed: removed.sort() };
}

function patternOf(slug: string): KeyPattern | undefined {
  return Object.hasOwn(KEY_PATTERNS, slug) ? KEY_PATTERNS[slug as KnownProvider] : undefined;
}

/** `MISTRAL_API_KEY_PROD` and the like: the name alone tells that the value, which looks like nothing, is a key. */
function isNamedForKeyOf(slugs: readonly string[], name: string, value: string): boolean {
  const provider = providerOfVariable(name);
  if (provider === undefined || !slugs.includes(provider)) return false;
  return isRealKey(value) && KEY_PATTERNS[provider].plausible.test(value);
}

function holdsKeyOf(slugs: readonly string[], name: string, value: string): boolean {
  const others = Object.entries(PROVIDER_VARIABLES).filter(([slug]) => !slugs.includes(slug));
  if (others.some(([, { keys }]) => keys.includes(name))) return false;
  return slugs.some((slug) => variablesOf(slug).keyPattern?.test(value) === true);
}

/** A proxy for the rest of the world must not be asked for the loopback: it would be shown the token, and fail. */
function aroundProxies(env: Readonly<Record<string, string>>): Record<string, string> {
  const hasProxy = Object.keys(env).some((name) => PROXIES.includes(name.toUpperCase()));
  if (!hasProxy) return {};
  const widened = ["NO_PROXY", "no_proxy"].map((name) => {
    const listed = (env[name] ?? env.NO_PROXY ?? env.no_proxy ?? "").split(",").filter((host) => host !== "");
    return [name, [...new Set([...listed, ...LOOPBACK])].join(",")];
  });
  return Object.fromEntries(widened) as Record<string, string>;
}
