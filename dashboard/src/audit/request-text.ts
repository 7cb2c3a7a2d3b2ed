import type { SessionEvent } from "../session/session.js";

/** A request as it leaves. */
export type SentRequest = Extract<SessionEvent, { type: "request" }>;

/** Everything of a request, so that nothing is overlooked between its parts. */
export function textOfRequest({ method, url, headers, body = "" }: SentRequest): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${url}`, decoded(url), ...lines, "", body].join("\n");
}

/** An address may hold a key percent-encoded. */
function decoded(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return "";
  }
}
