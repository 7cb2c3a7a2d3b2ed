import { PROVIDERS } from "@vaultproof/protocol/providers";

/** What of a caller's request headers goes to any provider; each provider's own stand in the provider table. */
const REQUEST_HEADERS: ReadonlySet<string> = new Set([
  "accept",
  "accept-language",
  "content-type",
  "idempotency-key",
  "user-agent",
]);

/**
 * Framing and routing of the connection to the provider, which is the server's own. Dropping them would do; but only
 * a mistake or an attempt to smuggle asks for them, and neither is served by an answer as if nothing were.
 */
const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * What of a provider's answer goes to the caller. `location` would have a client leave the policy, `set-cookie` would
 * give the provider a say at the edge's origin, and hop-by-hop fields are the server's own business.
 */
const RESPONSE_HEADERS: ReadonlySet<string> = new Set([
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-length",
  "content-type",
  "etag",
  "last-modified",
  "request-id",
  "retry-after",
  "retry-after-ms",
  "x-request-id",
  "x-should-retry",
]);
const RESPONSE_PREFIXES = ["openai-", "anthropic-", "x-ratelimit-", "ratelimit-"] as const;

const SAFE_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const PROVIDER_HEADERS = new Map<string, ReadonlySet<string>>(
  Object.entries(PROVIDERS).map(([slug, { requestHeaders }]) => [slug, new Set<string>(requestHeaders)]),
);

/** Headers of an answer: a name that came in several lines has several values. */
export type ResponseHeaders = Record<string, string | string[]>;

/** The first header that no caller may name at all, lowercase. */
export function connectionHeaderIn(headers: Readonly<Record<string, string>>): string | undefined {
  return Object.keys(headers).find((name) => CONNECTION_HEADERS.has(name));
}

/**
 * The request headers that pass, as undici takes them: names and values in turn.
 *
 * @param headers lowercase names, checked values.
 * @param exclude the header that carries the key: a caller's own is dropped.
 */
export function passedRequestHeaders(
  headers: Readonly<Record<string, string>>,
  { provider, exclude }: { readonly provider: string; readonly exclude: string },
): string[] {
  const own = PROVIDER_HEADERS.get(provider);
  const passed: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (name !== exclude && (REQUEST_HEADERS.has(name) || own?.has(name) === true)) passed.push(name, value);
  }
  return passed;
}

/** The answer's headers that pass. `bodiless`: the length of a body that is not sent would leave a reader waiting. */
export function passedResponseHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  { bodiless }: { readonly bodiless: boolean },
): ResponseHeaders {
  const passed: ResponseHeaders = {};
  // A length counts the coded bytes; whoever decodes on the way would have to change it.
  const dropLength = bodiless || headers["content-encoding"] !== undefined;
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || !isPassedFromProvider(name) || (name === "content-length" && dropLength))
      continue;
    if ([value].flat().every((line) => SAFE_VALUE.test(line))) passed[name] = value;
  }
  return passed;
}

function isPassedFromProvider(name: string): boolean {
  return RESPONSE_HEADERS.has(name) || RESPONSE_PREFIXES.some((prefix) => name.startsWith(prefix));
}
