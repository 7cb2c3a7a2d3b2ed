/** The outcome of reading a body under a limit. */
export type BodyRead =
  | { readonly ok: true; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly ok: false; readonly reason: "too-large" };

const EMPTY = new Uint8Array(0);

/**
 * Reads a whole body into one buffer and stops at the first byte over the limit, whatever `Content-Length` claimed.
 *
 * @throws what the stream throws when the sender goes away.
 */
export async function readBody(
  body: ReadableStream<Uint8Array> | null,
  contentLength: string | null,
  limit: number,
): Promise<BodyRead> {
  if (Number(contentLength) > limit) return { ok: false, reason: "too-large" };
  if (body === null) return { ok: true, bytes: EMPTY };
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { ok: true, bytes: join(chunks, length) };
    length += value.length;
    if (length > limit) {
      await reader.cancel();
      return { ok: false, reason: "too-large" };
    }
    chunks.push(value);
  }
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const [first] = chunks;
  if (first === undefined) return EMPTY;
  if (chunks.length === 1 && first.buffer instanceof ArrayBuffer) return first as Uint8Array<ArrayBuffer>;
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
