import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";

const NULL_BODY_STATUS = new Set([204, 205, 304]);

/**
 * An answer of Node's HTTP client as a web Response: its headers as they came, its body still streaming and not decoded.
 *
 * @throws TypeError, RangeError for a status or a header that no Response can hold.
 */
export function toResponse(incoming: IncomingMessage, method: string): Response {
  const headers = new Headers();
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    headers.append(incoming.rawHeaders[i] ?? "", incoming.rawHeaders[i + 1] ?? "");
  }
  const status = incoming.statusCode ?? 0;
  const init = { status, statusText: incoming.statusMessage ?? "", headers };
  if (method === "HEAD" || NULL_BODY_STATUS.has(status)) {
    incoming.resume();
    return new Response(null, init);
  }
  return new Response(Readable.toWeb(incoming) as ReadableStream<Uint8Array>, init);
}
