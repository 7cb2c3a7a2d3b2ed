import type { Destination } from "./destination.js";

/** How a provider takes its key. */
export interface Provider {
  /** Shown to people. */
  readonly name: string;
  readonly baseUrl: string;
  readonly headerName: string;
  /** `{key}` stands for the key, exactly once. */
  readonly headerTemplate: string;
  /** Request headers of the provider's own that pass through, besides the common ones. */
  readonly requestHeaders: readonly string[];
}

const BEARER = { headerName: "authorization", headerTemplate: "Bearer {key}" } as const;
const OPENAI_STYLE = { ...BEARER, requestHeaders: [] } as const;

/** The one table of known providers. `custom` is not in it: its destination comes whole from the developer. */
export const PROVIDERS = {
  openai: {
    name: "OpenAI",
    baseUrl: "https://api.openai.com",
    ...BEARER,
    requestHeaders: ["openai-organization", "openai-project", "openai-beta"],
  },
  anthropic: {
    name: "Anthropic",
    baseUrl: "https://api.anthropic.com",
    headerName: "x-api-key",
    headerTemplate: "{key}",
    requestHeaders: ["anthropic-version", "anthropic-beta"],
  },
  google: {
    name: "Google",
    baseUrl: "https://generativelanguage.googleapis.com",
    headerName: "x-goog-api-key",
    headerTemplate: "{key}",
    requestHeaders: ["x-goog-api-client"],
  },
  together: { name: "Together AI", baseUrl: "https://api.together.xyz", ...OPENAI_STYLE },
  mistral: { name: "Mistral", baseUrl: "https://api.mistral.ai", ...OPENAI_STYLE },
  groq: { name: "Groq", baseUrl: "https://api.groq.com", ...OPENAI_STYLE },
  deepseek: { name: "DeepSeek", baseUrl: "https://api.deepseek.com", ...OPENAI_STYLE },
} as const satisfies Record<string, Provider>;

/** Slug of a provider in the table. */
export type KnownProvider = keyof typeof PROVIDERS;

/** The slug whose base URL and header the developer gives. */
export const CUSTOM_PROVIDER = "custom";

/** Every slug that a slot may name. */
export const PROVIDER_SLUGS = [...(Object.keys(PROVIDERS) as KnownProvider[]), CUSTOM_PROVIDER] as const;
export type ProviderSlug = (typeof PROVIDER_SLUGS)[number];

/** A destination that cannot be: names what is wrong with it. */
export class DestinationError extends Error {
  override readonly name = "DestinationError";
}

/** What a developer says of a destination; the table supplies the rest. */
export interface DestinationRequest {
  readonly provider: ProviderSlug;
  readonly baseUrl?: string | undefined;
  readonly authHeader?: { readonly name: string; readonly template: string } | undefined;
}

/** Framing and routing headers: a key in one of them would change the request itself. */
const RESERVED_HEADERS = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "upgrade",
  "te",
  "trailer",
  "expect",
  "proxy-authorization",
  "proxy-authenticate",
  "proxy-connection",
  "content-type",
  "content-encoding",
  "accept-encoding",
  "date",
  "via",
  "forwarded",
  "origin",
  "cookie",
  "set-cookie",
]);
const HEADER_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/i;
const MAX_BASE_URL_CHARS = 512;
const SPELLING = /^https?:\/\/(?:[0-9a-z._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?\/?$/i;
// No empty labels and no trailing dot: each would be a second spelling of the same host.
const HOST = /^(?:[0-9a-z_-]+(?:\.[0-9a-z_-]+)*|\[[0-9a-f:.]+\])$/;
const TEMPLATE = /^[\x20-\x7e]{1,256}$/;

/**
 * Fills a destination from the table and checks every part of it. `http://` passes here: which hosts may be reached
 * without TLS is the operator's list, which the server judges.
 *
 * @throws DestinationError
 */
export function resolveDestination(request: DestinationRequest): Destination {
  const { provider } = request;
  if (provider !== CUSTOM_PROVIDER) {
    if (!Object.hasOwn(PROVIDERS, provider))
      throw new DestinationError(`provider is one of ${[...Object.keys(PROVIDERS), "custom"].join(", ")}`);
    const known = PROVIDERS[provider];
    if (request.authHeader !== undefined)
      throw new DestinationError("authHeader is for the provider custom only");
    const baseUrl = request.baseUrl === undefined ? known.baseUrl : normaliseBaseUrl(request.baseUrl);
    return { provider, baseUrl, headerName: known.headerName, headerTemplate: known.headerTemplate };
  }
  if (request.baseUrl === undefined) throw new DestinationError("the provider custom needs a baseUrl");
  const header = request.authHeader ?? { name: BEARER.headerName, template: BEARER.headerTemplate };
  return { provider, baseUrl: normaliseBaseUrl(request.baseUrl), ...checkedHeader(header) };
}

/**
 * An origin in its one spelling: `https://host[:port]` or `http://host[:port]`, lowercase, default port omitted.
 * A path, query, fragment or userinfo is refused, not dropped: a key must never go elsewhere than its owner reads.
 * For the same reason everything that the URL parser would quietly repair (spaces, tabs, backslashes, missing
 * slashes, percent-encoded or non-ASCII hosts) is refused; numeric hosts come out as the address that they mean.
 *
 * @throws DestinationError
 */
export function normaliseBaseUrl(text: string): string {
  if (text.length > MAX_BASE_URL_CHARS) throw new DestinationError("baseUrl is too long");
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new DestinationError("baseUrl is not a URL");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw new DestinationError("baseUrl must be https://");
  if (url.username !== "" || url.password !== "")
    throw new DestinationError("baseUrl must not hold credentials");
  if (url.pathname !== "/" || /[?#]/.test(text)) {
    throw new DestinationError("baseUrl is an origin only (https://host[:port]); paths belong to targetPath");
  }
  if (url.port === "0") throw new DestinationError("baseUrl has no port 0");
  if (!SPELLING.test(text) || !HOST.test(url.hostname))
    throw new DestinationError("baseUrl is written https://host[:port] in plain ASCII");
  return url.origin;
}

function checkedHeader(header: {
  name: string;
  template: string;
}): Pick<Destination, "headerName" | "headerTemplate"> {
  if (!HEADER_NAME.test(header.name)) throw new DestinationError("authHeader.name is not a header name");
  const name = header.name.toLowerCase();
  if (RESERVED_HEADERS.has(name) || name.startsWith("vp-"))
    throw new DestinationError(`authHeader.name must not be ${name}`);
  if (!TEMPLATE.test(header.template) || header.template.split("{key}").length !== 2) {
    throw new DestinationError("authHeader.template is printable ASCII with {key} exactly once");
  }
  if (header.template !== header.template.trim())
    throw new DestinationError("authHeader.template must not begin or end with a space");
  return { headerName: name, headerTemplate: header.template };
}
