import { keepMember } from "@vaultproof/protocol/message-signatures";
import { DEVELOPER_SIGNATURE, SERVER_HEADER } from "@vaultproof/protocol/developer-signature";

/** Fields of one connection (RFC 9110 section 7.6.1), besides those that `Connection` itself names. */
const HOP_BY_HOP = new Set([
  "connection",
  "expect",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Made anew for the connection to the backend, or by the edge. */
const REPLACED = new Set([
  "content-digest",
  "content-length",
  "forwarded",
  "host",
  "signature",
  "signature-input",
]);

/**
 * The client's headers as far as the backend may see them: nothing that only an edge may say (`vp-*`, forwarding,
 * signatures other than the developer's) and nothing of the client's connection.
 */
export function requestHeaders(received: Headers): Headers {
  const headers = new Headers();
  const named = namedByConnection(received);
  for (const [name, value] of received) {
    if (HOP_BY_HOP.has(name) || named.has(name) || REPLACED.has(name)) continue;
    if (name.startsWith("x-forwarded-") || (name.startsWith("vp-") && name !== SERVER_HEADER)) continue;
    headers.append(name, value);
  }
  for (const name of ["signature-input", "signature"]) {
    const kept = keepMember(received.get(name) ?? undefined, DEVELOPER_SIGNATURE.label);
    if (kept !== undefined) headers.set(name, kept);
  }
  return headers;
}

/** The backend's headers as far as the client may see them. Which pages may read an answer is the edge's own policy. */
export function responseHeaders(received: Headers): Headers {
  const headers = new Headers();
  const named = namedByConnection(received);
  for (const [name, value] of received) {
    if (HOP_BY_HOP.has(name) || named.has(name) || name.startsWith("access-control-")) continue;
    headers.append(name, value);
  }
  return headers;
}

function namedByConnection(headers: Headers): Set<string> {
  const value = headers.get("connection");
  return new Set(value === null ? [] : value.split(",").map((name) => name.trim().toLowerCase()));
}
