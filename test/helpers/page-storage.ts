import type { BrowserContext, Page } from "playwright-core";

/** Everything that a page's origin keeps in the browser: IndexedDB to the last byte, localStorage, sessionStorage, caches. */
export async function dumpStorage(page: Page): Promise<Buffer> {
  const text = await page.evaluate<string>(`(async () => {
    const bytesOf = (value) => {
      if (value instanceof ArrayBuffer) return String.fromCharCode(...new Uint8Array(value));
      if (ArrayBuffer.isView(value)) return String.fromCharCode(...new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
      if (value instanceof CryptoKey) return "CryptoKey" + value.extractable;
      if (value !== null && typeof value === "object") return Object.entries(value).map(([name, part]) => name + "=" + bytesOf(part)).join("\\n");
      return String(value);
    };
    const ask = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const kept = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)];
    for (const { name } of await indexedDB.databases()) {
      const database = await ask(indexedDB.open(name));
      for (const store of database.objectStoreNames) {
        const rows = database.transaction(store).objectStore(store);
        const [keys, values] = await Promise.all([ask(rows.getAllKeys()), ask(rows.getAll())]);
        kept.push(store, keys.map(bytesOf).join("\\n"), values.map(bytesOf).join("\\n"));
      }
      database.close();
    }
    for (const name of await caches.keys()) kept.push(name);
    return kept.join("\\n");
  })()`);
  return Buffer.from(text, "latin1");
}

/** Names and values of localStorage. */
export function localStorageOf(page: Page): Promise<Record<string, string>> {
  return page.evaluate<Record<string, string>>("({ ...localStorage })");
}

/** Every byte that leaves the pages of a context, from now on: addresses, headers and bodies. */
export function recordRequests(context: BrowserContext): Buffer[] {
  const sent: Buffer[] = [];
  context.on("request", (request) => {
    sent.push(Buffer.from(`${request.method()} ${request.url()}\n${JSON.stringify(request.headers())}`));
    const body = request.postDataBuffer();
    if (body !== null) sent.push(body);
  });
  return sent;
}
