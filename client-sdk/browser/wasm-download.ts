import type { WasmFile } from "./bundle-files.js";

/** Counts the bytes of one download. */
export type DownloadCount = (loaded: number) => void;

/** First bytes of a gzip member, RFC 1952. */
const GZIP_MAGIC = [0x1f, 0x8b] as const;

/**
 * Fetches a gzipped file of WebAssembly and compiles it while it arrives.
 *
 * Some hosts mark a `.gz` file as gzip-encoded, and the browser has then unzipped it already; so its first bytes decide,
 * not its name.
 *
 * @param count called with the bytes so far, of `file.zippedBytes`.
 */
export async function downloadWasm(file: WasmFile, count: DownloadCount): Promise<WebAssembly.Module> {
  const response = await fetch(file.url);
  if (!response.ok || response.body === null) throw new Error(`${file.url}: HTTP ${response.status}`);
  const { zipped, stream } = await peekStream(response.body);
  const counted = stream.pipeThrough(counter(zipped ? 1 : file.zippedBytes / file.bytes, count));
  // The type is what a host without `application/wasm` in its table would not send.
  const wasm = new Response(zipped ? counted.pipeThrough(gunzip()) : counted, {
    headers: { "content-type": "application/wasm" },
  });
  const module = await WebAssembly.compileStreaming(wasm);
  count(file.zippedBytes);
  return module;
}

function gunzip(): ReadableWritablePair<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  return new DecompressionStream("gzip");
}

function counter(
  share: number,
  count: DownloadCount,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let loaded = 0;
  return new TransformStream({
    transform(chunk, controller) {
      loaded += chunk.length * share;
      count(Math.round(loaded));
      controller.enqueue(chunk);
    },
  });
}

async function peekStream(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<{ zipped: boolean; stream: ReadableStream<Uint8Array<ArrayBuffer>> }> {
  const reader = body.getReader();
  const first = await reader.read();
  const chunk = first.value;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      if (chunk !== undefined) controller.enqueue(chunk);
      if (first.done) controller.close();
    },
    async pull(controller) {
      const next = await reader.read();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return { zipped: GZIP_MAGIC.every((byte, i) => chunk?.[i] === byte), stream };
}
