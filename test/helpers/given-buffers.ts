import type { Page } from "playwright-core";

/** As much of Web Crypto as is watched. */
interface Subtle {
  encrypt: (algorithm: unknown, key: unknown, data: Uint8Array) => Promise<unknown>;
  importKey: (format: string, data: Uint8Array, ...more: unknown[]) => Promise<unknown>;
}
interface Watched {
  readonly SubtleCrypto: { readonly prototype: Subtle };
  readonly given: Uint8Array[];
}

/** Holds on to every buffer that the page gives to the browser's cryptography, as plaintext or raw key, from now on. */
export async function watchGivenBuffers(page: Page): Promise<void> {
  await page.evaluate(() => {
    const given: Uint8Array[] = [];
    const { prototype } = (globalThis as unknown as Watched).SubtleCrypto;
    const { encrypt, importKey } = prototype;
    prototype.encrypt = function (algorithm, key, data) {
      given.push(data);
      return encrypt.call(this, algorithm, key, data);
    };
    prototype.importKey = function (format, data, ...more) {
      if (format === "raw") given.push(data);
      return importKey.call(this, format, data, ...more);
    };
    Object.assign(globalThis, { given });
  });
}

/** What is in each of these buffers now. */
export async function readGivenBuffers(page: Page): Promise<Buffer[]> {
  const numbers = await page.evaluate(() =>
    (globalThis as unknown as Watched).given.map((buffer) => Array.from(buffer)),
  );
  return numbers.map((bytes) => Buffer.from(bytes));
}
