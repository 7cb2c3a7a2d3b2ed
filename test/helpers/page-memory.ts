import type { BrowserContext, Page } from "playwright-core";

/** What a page still holds, for a search from outside. */
export interface PageMemory {
  /** V8's heap after collections: every string that something refers to. */
  readonly heap: Buffer;
  /** The document as text, and the values of all its fields. */
  readonly document: Buffer;
  /** Whether a buffer that something refers to holds the bytes; a heap snapshot leaves out what is in buffers. */
  holds(bytes: Uint8Array): Promise<boolean>;
}

/** Lets the pages of a context remember, weakly, every buffer that their scripts make. Before the page is opened. */
export async function rememberBuffers(context: BrowserContext): Promise<void> {
  await context.addInitScript(REMEMBER);
}

/** Looks into a page by its debugger. */
export async function readPageMemory(page: Page): Promise<PageMemory> {
  const debug = await page.context().newCDPSession(page);
  await debug.send("HeapProfiler.enable");
  await debug.send("HeapProfiler.collectGarbage");
  await debug.send("HeapProfiler.collectGarbage");
  const chunks: string[] = [];
  debug.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => chunks.push(chunk));
  await debug.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
  await debug.detach();
  const document = await page.evaluate<string>(
    `[...document.querySelectorAll("input, textarea")].map(({ value }) => value).join("\\n") +
      document.documentElement.outerHTML`,
  );
  const inverted = (bytes: Uint8Array): number[] => Array.from(bytes, (byte) => byte ^ 0xff);
  return {
    heap: Buffer.from(chunks.join("")),
    document: Buffer.from(document),
    // Inverted, so that asking does not put there what is asked for.
    holds: (bytes) => page.evaluate<boolean>(`buffersHold(${JSON.stringify(inverted(bytes))})`),
  };
}

const REMEMBER = `(() => {
  const kept = new Set();
  const keep = (made) => {
    kept.add(new WeakRef(ArrayBuffer.isView(made) ? made.buffer : made));
    return made;
  };
  const constructors = ["ArrayBuffer", "SharedArrayBuffer", "Uint8Array", "Uint8ClampedArray", "Uint16Array", "Uint32Array", "DataView"];
  for (const name of constructors) {
    const Original = globalThis[name];
    if (Original === undefined) continue;
    const Remembering = new Proxy(Original, {
      construct: (target, given, made) => keep(Reflect.construct(target, given, made === Remembering ? target : made)),
    });
    // Slices and maps are made by what stands here.
    Original.prototype.constructor = Remembering;
    globalThis[name] = Remembering;
  }
  const { encode } = TextEncoder.prototype;
  TextEncoder.prototype.encode = function (...given) { return keep(encode.apply(this, given)); };
  for (const name of ["encrypt", "decrypt", "digest", "sign", "deriveBits", "exportKey"]) {
    const original = SubtleCrypto.prototype[name];
    SubtleCrypto.prototype[name] = async function (...given) {
      const made = await original.apply(this, given);
      return made instanceof ArrayBuffer ? keep(made) : made;
    };
  }
  globalThis.buffersHold = (inverted) => {
    const first = inverted[0] ^ 0xff;
    return [...kept].some((reference) => {
      const buffer = reference.deref();
      if (buffer === undefined || buffer.detached) return false;
      const bytes = new Uint8Array(buffer);
      for (let at = bytes.indexOf(first); at !== -1; at = bytes.indexOf(first, at + 1)) {
        if (inverted.every((byte, i) => bytes[at + i] === (byte ^ 0xff))) return true;
      }
      return false;
    });
  };
})()`;
