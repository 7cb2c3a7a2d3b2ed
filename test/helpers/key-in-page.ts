import type { Page } from "playwright-core";
import { readPageMemory } from "./page-memory.js";
import { dumpStorage } from "./page-storage.js";
import { createSecretSearch } from "./secret-search.js";

/** Every place of a browser's page in which a key stands, with its spelling; the page remembers its buffers. */
export async function findKeyInPage(page: Page, key: string): Promise<string[]> {
  const search = createSecretSearch([{ name: "the key", bytes: Buffer.from(key) }]);
  // First, because reading storage makes copies of what is there.
  const memory = await readPageMemory(page);
  const buffers = await memory.holds(Buffer.from(key));
  const wide = await memory.holds(Buffer.from(key, "utf16le"));
  return [
    ...search(memory.heap).map((found) => `heap: ${found}`),
    ...search(memory.document).map((found) => `document: ${found}`),
    ...(buffers || wide ? ["buffers"] : []),
    ...search(await dumpStorage(page)).map((found) => `storage: ${found}`),
  ];
}

/** Puts a key into each of those places, each in a spelling of its own, so that finding one is not finding another. */
export async function plantKeyInPage(page: Page, key: string): Promise<void> {
  const bytes = Buffer.from(key);
  const planted = { hex: bytes.toString("hex"), base64: bytes.toString("base64") };
  await page.evaluate<undefined>(`(async ({ hex, base64 }) => {
    const bytes = Uint8Array.from(hex.match(/../g), (digits) => parseInt(digits, 16));
    localStorage.setItem("a", hex);
    sessionStorage.setItem("a", base64);
    const field = document.createElement("input");
    field.value = new TextDecoder().decode(bytes);
    document.body.append(field);
    globalThis.planted = { bytes, text: new TextDecoder("latin1").decode(bytes) };
    const opening = indexedDB.open("planted");
    opening.onupgradeneeded = () => opening.result.createObjectStore("kept").put({ deep: [bytes] }, "a");
    await new Promise((resolve) => (opening.onsuccess = resolve));
    opening.result.close();
  })(${JSON.stringify(planted)})`);
}

/** What {@link findKeyInPage} says where the key is in all of these places. */
export const PLANTED_PLACES = [
  "heap: the key in raw bytes",
  "document: the key in raw bytes",
  "buffers",
  "storage: the key in hex",
  "storage: the key in base64",
  "storage: the key in raw bytes",
] as const;
