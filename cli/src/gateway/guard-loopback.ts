import type { IncomingMessage } from "node:http";
import { GatewayError } from "./gateway-error.js";

/** Names under which this machine reaches itself. */
const LOOPBACK_NAMES = ["127.0.0.1", "localhost"] as const;

/**
 * Keeps web pages out. A page of any site may send requests to the loopback: its browser then says `Origin` or
 * `Sec-Fetch-Site`. A page whose name was pointed at the loopback after it was loaded (DNS rebinding) says its own name
 * in `Host`.
 *
 * @param port the gateway's own.
 * @throws GatewayError
 */
export function guardLoopback(incoming: IncomingMessage, port: number): void {
  const authorities = LOOPBACK_NAMES.flatMap((name) =>
    port === 80 ? [name, `${name}:80`] : [`${name}:${port}`],
  );
  const hosts = valuesOf(incoming, "host");
  const [host] = hosts;
  if (hosts.length !== 1 || host === undefined || !authorities.includes(host.toLowerCase())) {
    throw new GatewayError("foreign-host");
  }
  const isOwn = (origin: string): boolean =>
    authorities.some((authority) => origin === `http://${authority}`);
  if (!valuesOf(incoming, "origin").every(isOwn)) throw new GatewayError("foreign-origin");
  const site = incoming.headers["sec-fetch-site"];
  if (site !== undefined && site !== "none" && site !== "same-origin")
    throw new GatewayError("foreign-origin");
}

/** Every line of a header: Node keeps only the first of some. */
function valuesOf({ rawHeaders }: IncomingMessage, name: string): string[] {
  return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);
}
