import { digest } from "./encodings.js";

const bearer = { headerName: "authorization", headerTemplate: "Bearer {key}" };

const known = [
  { provider: "openai", baseUrl: "https://api.openai.com", ...bearer },
  {
    provider: "anthropic",
    baseUrl: "https://api.anthropic.com",
    headerName: "x-api-key",
    headerTemplate: "{key}",
  },
  {
    provider: "google",
    baseUrl: "https://generativelanguage.googleapis.com",
    headerName: "x-goog-api-key",
    headerTemplate: "{key}",
  },
  { provider: "together", baseUrl: "https://api.together.xyz", ...bearer },
  { provider: "mistral", baseUrl: "https://api.mistral.ai", ...bearer },
  { provider: "groq", baseUrl: "https://api.groq.com", ...bearer },
  { provider: "deepseek", baseUrl: "https://api.deepseek.com", ...bearer },
];

const baseUrls = [
  { text: "https://Example.COM", origin: "https://example.com" },
  { text: "HTTPS://example.com/", origin: "https://example.com" },
  { text: "https://example.com:443", origin: "https://example.com" },
  { text: "https://example.com:0443", origin: "https://example.com" },
  { text: "https://example.com:8443/", origin: "https://example.com:8443" },
  { text: "https://example.com:80", origin: "https://example.com:80" },
  { text: "http://example.com:80", origin: "http://example.com" },
  { text: "http://127.0.0.1:9000", origin: "http://127.0.0.1:9000" },
  { text: "https://[2001:DB8:0:0::1]:8443", origin: "https://[2001:db8::1]:8443" },
  { text: "https://[::ffff:127.0.0.1]", origin: "https://[::ffff:7f00:1]" },
  { text: "http://0x7f.1", origin: "http://127.0.0.1" },
  { text: "http://2130706433", origin: "http://127.0.0.1" },
  { text: "http://017700000001", origin: "http://127.0.0.1" },
  { text: "https://xn--exmple-cua.com", origin: "https://xn--exmple-cua.com" },
  { text: "https://a_b.example.com", origin: "https://a_b.example.com" },
];

const refusedBaseUrls = [
  { text: "", why: "empty" },
  { text: "example.com", why: "no scheme" },
  { text: "//example.com", why: "no scheme" },
  { text: "ftp://example.com", why: "another scheme" },
  { text: "wss://example.com", why: "another scheme" },
  { text: "file:///etc/passwd", why: "another scheme" },
  { text: "https://user@example.com", why: "a user" },
  { text: "https://user:secret@example.com", why: "credentials" },
  { text: "https://@example.com", why: "an empty user" },
  { text: "https://api.openai.com@example.com", why: "a host as user" },
  { text: "https://example.com/v1", why: "a path" },
  { text: "https://example.com//", why: "a path" },
  { text: "https://example.com/.", why: "a path that the parser removes" },
  { text: "https://example.com/a/..", why: "a path that the parser removes" },
  { text: "https://example.com?", why: "an empty query" },
  { text: "https://example.com/?a=1", why: "a query" },
  { text: "https://example.com#", why: "an empty fragment" },
  { text: "https://example.com\\", why: "a backslash" },
  { text: "https:\\\\example.com", why: "backslashes" },
  { text: "https:example.com", why: "no slashes" },
  { text: "https:///example.com", why: "three slashes" },
  { text: "https://exa\tmple.com", why: "a tab within" },
  { text: "https://exa\nmple.com", why: "a line break within" },
  { text: " https://example.com", why: "a space in front" },
  { text: "https://example.com\n", why: "a line break behind" },
  { text: "https://example.com.", why: "a trailing dot" },
  { text: "https://example..com", why: "an empty label" },
  { text: "https://.example.com", why: "an empty label" },
  { text: "https://ex\u00e4mple.com", why: "not ASCII" },
  { text: "https://\uff45xample.com", why: "full-width letters" },
  { text: "https://example\u3002com", why: "an ideographic full stop" },
  { text: "https://ex%61mple.com", why: "a percent-encoded host" },
  { text: "https://example.com:", why: "an empty port" },
  { text: "https://example.com:65536", why: "a port too large" },
  { text: "https://example.com:-1", why: "a port with a sign" },
  { text: "https://example.com:8o", why: "a port that is no number" },
  { text: "https://[::1", why: "a bracket too few" },
  { text: "https://[fe80::1%25eth0]", why: "a zone" },
  { text: "https://256.1.1.1", why: "no IPv4 address" },
  { text: "https://", why: "no host" },
  { text: `https://${"a".repeat(600)}.com`, why: "too long" },
];

const customs = [
  { request: { baseUrl: "https://api.example.com" }, ...bearer },
  {
    request: {
      baseUrl: "https://API.example.com:443/",
      authHeader: { name: "X-Api-Key", template: "{key}" },
    },
    headerName: "x-api-key",
    headerTemplate: "{key}",
  },
  {
    request: {
      baseUrl: "https://api.example.com",
      authHeader: { name: "authorization", template: "Token token={key};v=1" },
    },
    headerName: "authorization",
    headerTemplate: "Token token={key};v=1",
  },
];

const framingHeaders = [
  "Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Upgrade", "TE", "Trailer", "Expect",
  "Proxy-Authorization", "Proxy-Connection", "vp-client-ip", "VP-Source", "",
  "a b", "a:b", "a\nb", "\u212aey", "x".repeat(65),
]; // prettier-ignore

const refusedTemplates = [
  "", "Bearer", "{key}{key}", "Bearer {key} {key}", " {key}", "{key} ", "a\r\nb: {key}", "{key}\u00e9", "{KEY}", "{key}\u0000",
  `${"a".repeat(252)}{key}`,
]; // prettier-ignore

/** The table of providers, destinations of one's own, and what a destination cannot be. */
export function destinations() {
  const withDigest = (destination: (typeof known)[number]) => ({
    ...destination,
    digest: digest(
      "vaultproof destination v1",
      destination.provider,
      destination.baseUrl,
      destination.headerName,
      destination.headerTemplate,
    ).toString("hex"),
  });
  const custom = { provider: "custom", baseUrl: "https://api.example.com" };
  const authHeaders = [
    ...framingHeaders.map((name) => ({ name, template: "{key}" })),
    ...refusedTemplates.map((template) => ({ name: "x-api-key", template })),
  ];
  return {
    known: known.map(withDigest),
    custom: customs.map(({ request, headerName, headerTemplate }) => ({
      request: { provider: "custom", ...request },
      destination: withDigest({ ...custom, headerName, headerTemplate }),
    })),
    baseUrls: { accepted: baseUrls, refused: refusedBaseUrls },
    refused: [
      ...authHeaders.map((authHeader) => ({ ...custom, authHeader })),
      { provider: "custom" },
      { provider: "openai", authHeader: { name: "x-api-key", template: "{key}" } },
      { provider: "unknown" },
      { provider: "constructor" },
      { provider: "__proto__" },
    ],
  };
}
