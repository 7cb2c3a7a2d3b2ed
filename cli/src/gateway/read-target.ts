import { LIMITS } from "@vaultproof/protocol/limits";
import { PROVIDERS } from "@vaultproof/protocol/providers";
import { GatewayError } from "./gateway-error.js";
import { holdsToken } from "./local-token.js";

/** Where a request goes. */
export interface GatewayTarget {
  readonly slug: string;
  /** Path and query at the provider, byte for byte as they came. */
  readonly path: string;
}

const FIRST_SEGMENT = /^\/([a-z][a-z0-9-]{0,31})(?=[/?]|$)/;
const PLACEHOLDER = "http://gateway";
/** Names under which a key would stand in a query. */
const KEY_PARAMETERS = ["key", "api_key", "apikey", "api-key", "access_token"] as const;

/** The provider that a path seems to be for, so that a refusal can take its form. */
export function slugOfTarget(url: string): string | undefined {
  return FIRST_SEGMENT.exec(url)?.[1];
}

/**
 * Splits a request's target. What a URL parser would change (dot segments, also encoded ones, backslashes, a host) is
 * refused: the path would be another one for whoever reads it next.
 *
 * @throws GatewayError
 */
export function readTarget(url: string): GatewayTarget {
  // A host in the target, as a proxy is asked, or `*`.
  if (!url.startsWith("/")) throw new GatewayError("target-invalid");
  const slug = slugOfTarget(url);
  if (slug === undefined) throw new GatewayError("provider-unknown");
  const rest = url.slice(slug.length + 1);
  const path = rest.startsWith("/") ? rest : `/${rest}`;
  if (path.length > LIMITS.targetPathChars) throw new GatewayError("target-too-long");
  if (path.startsWith("//") || !URL.canParse(PLACEHOLDER + path)) throw new GatewayError("target-invalid");
  const parsed = new URL(PLACEHOLDER + path);
  if (parsed.href !== PLACEHOLDER + path || parsed.hash !== "") throw new GatewayError("target-invalid");
  refuseCredentials(slug, parsed);
  return { slug, path };
}

function refuseCredentials(slug: string, { href, searchParams }: URL): void {
  // The parameters of a custom provider are its own business; the local token is nobody's but ours.
  const named = Object.hasOwn(PROVIDERS, slug) && KEY_PARAMETERS.some((name) => searchParams.has(name));
  if (named || holdsToken(href)) throw new GatewayError("token-in-url");
}
