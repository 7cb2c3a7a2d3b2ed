const MAX_CHARS = 512;
const LOOPBACK = /^(?:localhost|(?:[a-z0-9_-]+\.)+localhost|127\.[0-9]+\.[0-9]+\.[0-9]+|\[::1\])$/;
/** The place of one or more labels. */
const WILDCARD = "https://*.";
const LABELS = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

/**
 * What is wrong with an origin that calls shall be restricted to, as a short sentence; null for nothing. An origin is
 * written as browsers send it, which is compared as text: in any other spelling it would never match.
 */
export function originProblem(text: string): string | null {
  if (text.length > MAX_CHARS) return "an origin is at most 512 characters";
  const isWild = text.startsWith(WILDCARD);
  const plain = isWild ? `https://${text.slice(WILDCARD.length)}` : text;
  if (plain.includes("*")) return "* stands for labels at the beginning only, as in https://*.example.com";
  if (!/^https?:\/\//.test(plain) || !URL.canParse(plain)) {
    return "an origin is https://host or https://host:port, lowercase";
  }
  const { origin, protocol, hostname, port } = new URL(plain);
  if (origin !== plain) {
    return `an origin is written as browsers send it: lowercase, without path, trailing slash and default port`;
  }
  if (hostname.endsWith(".")) return "an origin's host does not end with a dot";
  if (isWild && (!hostname.includes(".") || /^[0-9.]+$/.test(hostname))) {
    return "* needs a domain of two labels or more behind it, as in https://*.example.com";
  }
  if (protocol === "http:" && !LOOPBACK.test(hostname)) return "http:// is for localhost only";
  return port === "0" ? "an origin's port is not 0" : null;
}

/** Whether an `Origin` header is one that a pattern stands for; `*.` stands for one label or more. */
export function matchesOrigin(pattern: string, origin: string): boolean {
  if (!pattern.startsWith(WILDCARD)) return pattern === origin;
  const rest = pattern.slice(WILDCARD.length - 1);
  if (!origin.startsWith("https://") || !origin.endsWith(rest)) return false;
  return LABELS.test(origin.slice("https://".length, -rest.length));
}
