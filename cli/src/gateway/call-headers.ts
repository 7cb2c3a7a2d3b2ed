import type { IncomingMessage } from "node:http";
import { LIMITS } from "@vaultproof/protocol/limits";
import { GatewayError } from "./gateway-error.js";
import { CREDENTIAL_HEADERS } from "./local-token.js";

/** Of one connection, not of the message (RFC 9110, section 7.6.1); `Connection` may name more. */
const HOP_HEADERS = new Set([
  "connection",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** What a provider must not set for a program on this machine, nor an edge in its name. */
const WITHHELD_FROM_ANSWERS = new Set(["alt-svc", "location", "set-cookie"]);

/**
 * Request headers on their way to the provider: without those of the connection, and without any credential. Which of
 * the rest pass is the server's to say.
 *
 * @throws GatewayError where the protocol could not carry them.
 */
export function callHeaders({ rawHeaders, headers }: IncomingMessage): Headers {
  const named = (headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase());
  const passed = new Headers();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase() ?? "";
    const dropped = HOP_HEADERS.has(name) || CREDENTIAL_HEADERS.has(name) || named.includes(name);
    // Whether bytes are packed on the way is between the hosts that pack and unpack them.
    if (dropped || name === "content-length" || name === "accept-encoding") continue;
    append(passed, name, rawHeaders[i + 1] ?? "");
  }
  const values = [...passed];
  const tooLong = values.some(([, value]) => value.length > LIMITS.headerValueChars);
  if (values.length > LIMITS.headerCount || tooLong) throw new GatewayError("headers-too-large");
  return passed;
}

function append(headers: Headers, name: string, value: string): void {
  try {
    headers.append(name, value);
  } catch (cause) {
    throw new GatewayError("malformed", { cause });
  }
}

/** Headers of an answer as `writeHead` takes them. No other origin is ever allowed to read one. */
export function answerHeaders(headers: Headers): string[] {
  return [...headers].flatMap(([name, value]) => {
    const dropped = HOP_HEADERS.has(name) || WITHHELD_FROM_ANSWERS.has(name);
    return dropped || name.startsWith("access-control-") ? [] : [name, value];
  });
}
