import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

const PREFIX = "vpg_";
const BEARER = /^Bearer +(\S+)$/i;
/** Where the providers' SDKs put a key besides `authorization`; `api-key` is Azure's. */
const KEY_HEADERS = ["x-api-key", "x-goog-api-key", "api-key"] as const;

/** Headers of a request that hold a credential, lowercase: none of them leaves the gateway. */
export const CREDENTIAL_HEADERS: ReadonlySet<string> = new Set([
  "authorization",
  "proxy-authorization",
  "cookie",
  ...KEY_HEADERS,
]);

/** Whether a text holds something that looks like a token. */
export function holdsToken(text: string): boolean {
  return text.includes(PREFIX);
}

/** Whatever a request brings in the places where SDKs put a key. */
export function credentialsOf(headers: IncomingHttpHeaders): string[] {
  const bearer = BEARER.exec(headers.authorization ?? "")?.[1];
  const others = KEY_HEADERS.flatMap((name) => headers[name] ?? []);
  return bearer === undefined ? others : [bearer, ...others];
}

/**
 * Whose token is among some credentials. Compared by digest and in constant time, each with each.
 *
 * @returns undefined where it is nobody's, or that of two.
 */
export function findByToken<T extends { readonly tokenDigest: string }>(
  candidates: readonly T[],
  credentials: readonly string[],
): T | undefined {
  const given = credentials.map((text) => createHash("sha256").update(text).digest());
  const found = candidates.filter((candidate) => {
    const expected = Buffer.from(candidate.tokenDigest, "hex");
    return given.map((digest) => timingSafeEqual(digest, expected)).includes(true);
  });
  return found.length === 1 ? found[0] : undefined;
}
