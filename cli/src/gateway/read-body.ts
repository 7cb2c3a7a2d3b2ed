import type { IncomingMessage } from "node:http";
import type { Place } from "./capacity.js";
import { GatewayError } from "./gateway-error.js";

/**
 * Reads a request's body whole, because the proof covers its bytes.
 *
 * @param options.limit bytes.
 * @param options.place counts what is read.
 * @returns undefined where there is none.
 * @throws GatewayError, and what the stream throws when the sender goes away.
 */
export async function readBody(
  incoming: IncomingMessage,
  { limit, place }: { readonly limit: number; readonly place: Place },
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const coding = incoming.headers["content-encoding"] ?? "identity";
  if (coding.trim().toLowerCase() !== "identity") throw new GatewayError("body-coded");
  if (Number(incoming.headers["content-length"] ?? 0) > limit) throw new GatewayError("body-too-large");
  const pieces: Buffer[] = [];
  let length = 0;
  // Not destroyed when it is left: the refusal has yet to go out on its socket.
  const chunks = incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  for await (const piece of chunks) {
    length += piece.length;
    if (length > limit) throw new GatewayError("body-too-large");
    place.hold(piece.length);
    pieces.push(piece);
  }
  if (length === 0) return undefined;
  if (incoming.method === "GET" || incoming.method === "HEAD") throw new GatewayError("body-not-allowed");
  const body = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    body.set(piece, at);
    at += piece.length;
  }
  return body;
}
