import type { Page } from "playwright-core";

/** What is used of the page's globals. */
interface Globals {
  readonly indexedDB: {
    databases(): Promise<{ name?: string }[]>;
    open(name: string, version?: number): OpenRequest;
    deleteDatabase(name: string): OpenRequest;
  };
  readonly localStorage: Storage;
  readonly sessionStorage: Storage;
  readonly caches: {
    keys(): Promise<string[]>;
    open(name: string): Promise<{
      keys(): Promise<{ url: string }[]>;
      match(request: { url: string }): Promise<Response | undefined>;
      put(url: string, response: Response): Promise<void>;
    }>;
    delete(name: string): Promise<boolean>;
  };
}
interface Storage extends Record<string, unknown> {
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}
interface OpenRequest {
  result: {
    objectStoreNames: Iterable<string>;
    createObjectStore(name: string): { put(value: unknown, key: string): void };
    transaction(store: string): { objectStore(name: string): Record<"getAll" | "getAllKeys", () => Reading> };
    close(): void;
  };
  onsuccess: () => void;
  onupgradeneeded: () => void;
}
interface Reading {
  result: unknown[];
  onsuccess: () => void;
}

/** Everything that the page's origin has stored: names and values of databases, storages and caches, as bytes. */
export async function readStorage(page: Page): Promise<Buffer> {
  const parts = await page.evaluate(async () => {
    const { indexedDB, localStorage, sessionStorage, caches } = globalThis as unknown as Globals;
    const parts: (string | number[])[] = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)];
    const done = (request: { onsuccess: () => void }): Promise<void> =>
      new Promise((resolve) => (request.onsuccess = resolve));
    const add = (value: unknown): void => {
      if (value instanceof Uint8Array) parts.push([...value]);
      else if (value instanceof ArrayBuffer) parts.push([...new Uint8Array(value)]);
      else if (typeof value === "object" && value !== null) Object.values(value).forEach(add);
      else parts.push(String(value));
    };
    for (const { name = "" } of await indexedDB.databases()) {
      const opening = indexedDB.open(name);
      await done(opening);
      for (const store of opening.result.objectStoreNames) {
        for (const all of ["getAllKeys", "getAll"] as const) {
          const reading = opening.result.transaction(store).objectStore(store)[all]();
          await done(reading);
          reading.result.forEach(add);
        }
      }
      opening.result.close();
    }
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        parts.push(name, request.url);
        add(await (await cache.match(request))?.arrayBuffer());
      }
    }
    return parts;
  });
  return Buffer.concat(
    parts.flatMap((part) =>
      // Parts stand apart, so that no secret is made of two; characters beyond Latin-1 as UTF-16.
      [typeof part === "string" ? textBytes(part) : Buffer.from(part), Buffer.from("\n")],
    ),
  );
}

/**
 * Puts bytes into the page's storage in one spelling each: raw into a database, hexadecimal into the local storage, base64 into
 * the session's, UTF-16 into a cache; undefined takes them out again.
 */
export async function plantInStorage(page: Page, base64: string | undefined): Promise<void> {
  await page.evaluate(async ({ bytes, hex, base64, wide }) => {
    const { indexedDB, localStorage, sessionStorage, caches } = globalThis as unknown as Globals;
    const name = "planted";
    await new Promise<void>((resolve) => (indexedDB.deleteDatabase(name).onsuccess = resolve));
    await caches.delete(name);
    localStorage.removeItem(name);
    sessionStorage.removeItem(name);
    if (base64 === undefined) return;
    localStorage.setItem(name, hex);
    sessionStorage.setItem(name, base64);
    await (await caches.open(name)).put("/planted", new Response(new Uint8Array(wide)));
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore("files").put({ deep: [new Uint8Array(bytes)] }, name);
    };
    await new Promise<void>((resolve) => (opening.onsuccess = resolve));
    opening.result.close();
  }, spellings(base64));
}

/** All that the page's JavaScript can reach, as JSON, after everything else was collected. Bytes of buffers are not in it. */
export async function heapSnapshot(page: Page): Promise<string> {
  const devtools = await page.context().newCDPSession(page);
  const chunks: string[] = [];
  devtools.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => chunks.push(chunk));
  await devtools.send("HeapProfiler.enable");
  await devtools.send("HeapProfiler.collectGarbage");
  await devtools.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
  await devtools.detach();
  return chunks.join("");
}

function spellings(base64: string | undefined) {
  const bytes = Buffer.from(base64 ?? "", "base64");
  const wide = Buffer.from(bytes.toString("latin1"), "utf16le");
  return { bytes: [...bytes], hex: bytes.toString("hex"), base64, wide: [...wide] };
}

function textBytes(text: string): Buffer {
  return Buffer.from(text, /^[\0-\xff]*$/.test(text) ? "latin1" : "utf16le");
}
