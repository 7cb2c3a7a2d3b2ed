import { LIMITS } from "@vaultproof/protocol/limits";
import { PROVIDERS } from "@vaultproof/protocol/providers";
import { GatewayError } from "./gateway-error.js";

const VERSION = "/v1";
const VERSION_SEGMENT = /^[^?]*\/v\d+(?=[/?]|$)/;
/** What stands behind `/v1` in Anthropic's API. */
const API_PATH = /^\/(?:messages|complete|models|files|skills|organizations)(?=[/?]|$)/;

/**
 * Puts `/v1` where a client of Anthropic's left it out: Anthropic's SDK takes a base URL without it, the AI SDK one with
 * it, and both read `ANTHROPIC_BASE_URL`. Below a path of a service of one's own (`/anthropic/v1/messages`) clients name
 * the whole of it, as they did without the gateway; only Anthropic itself is known to have nothing outside `/v1`.
 *
 * @param options.path path and query.
 * @throws GatewayError
 */
export function withApiVersion(options: {
  readonly slug: string;
  readonly providerOrigin: string;
  readonly path: string;
}): string {
  const { slug, providerOrigin, path } = options;
  if (slug !== "anthropic" || VERSION_SEGMENT.test(path)) return path;
  if (providerOrigin !== PROVIDERS.anthropic.baseUrl && !API_PATH.test(path)) return path;
  if (path.length + VERSION.length > LIMITS.targetPathChars) throw new GatewayError("target-too-long");
  return VERSION + path;
}
