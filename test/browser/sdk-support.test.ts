import type * as Sdk from "@vaultproof/sdk/browser";
import t from "tap";
import { importSdk } from "../helpers/browser-stage.js";
import { chromiumSkipReason, launchChromium, openPage } from "../helpers/chromium.js";
import { startStaticHost } from "../helpers/static-host.js";

/** What the page has imported. */
declare const sdk: typeof Sdk;

/** What is taken from the page before anything runs in it, and the sentence that says so. */
const MISSING: Readonly<Record<string, RegExp>> = {
  "delete globalThis.WebAssembly": /^WebAssembly is missing/,
  "WebAssembly.validate = () => false": /^This browser's WebAssembly is too old/,
  "delete globalThis.Worker": /^Workers are missing/,
  "globalThis.Worker = class { constructor() { throw new TypeError(); } }": /^Workers cannot be modules/,
  "delete globalThis.DecompressionStream": /^DecompressionStream is missing/,
  "Object.defineProperty(Crypto.prototype, 'subtle', { value: undefined })": /^Web Crypto/,
  "Object.defineProperty(globalThis, 'isSecureContext', { value: false })": /not a secure context/,
  "Object.defineProperty(globalThis, 'indexedDB', { value: undefined })": /^IndexedDB is missing/,
  "delete globalThis.BroadcastChannel": /^BroadcastChannel is missing/,
  "Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })": /^Web Locks/,
};
/** What only a keystore needs. */
const KEYSTORE_ONLY = /^(?:IndexedDB|BroadcastChannel|Web Locks)/;

void t.test(
  "what a browser lacks is said, one sentence a thing",
  { skip: chromiumSkipReason() },
  async (t) => {
    const browser = await launchChromium(t);
    const host = await startStaticHost(t);

    await t.test("nothing", async (t) => {
      const { page, context, complaints, urls } = await openPage(browser);
      t.teardown(() => context.close());
      await page.goto(host.origin);
      await importSdk(page);
      const asked = urls.length;
      t.same(await page.evaluate(() => sdk.isSupported()), { supported: true, reasons: [] });
      t.equal(urls.length, asked, "asks nobody");
      t.same(complaints, []);
    });

    for (const [script, sentence] of Object.entries(MISSING)) {
      await t.test(script, async (t) => {
        const { page, context } = await openPage(browser);
        t.teardown(() => context.close());
        await page.addInitScript({ content: script });
        await page.goto(host.origin);
        await importSdk(page);
        const { all, calls, thrown } = await page.evaluate(async () => ({
          all: sdk.isSupported(),
          calls: sdk.isSupported({ keystore: false }),
          thrown: await sdk
            .createBrowserProver({ service: "https://nobody.invalid" })
            .catch((error: unknown) => {
              const { code, message } = error as Sdk.VaultProofError;
              return { code, message };
            }),
        }));
        t.equal(all.supported, false);
        t.equal(all.reasons.length, 1, all.reasons.join(" "));
        t.match(all.reasons[0], sentence);
        const isForCalls = !KEYSTORE_ONLY.test(all.reasons[0] ?? "");
        t.equal(calls.supported, !isForCalls, "a page that keeps no keys needs less");
        if (!isForCalls) return;
        t.match(
          thrown,
          { code: "unsupported", message: all.reasons[0] },
          "and is said before anything fails",
        );
      });
    }

    await t.test("WebAssembly that the page's policy forbids", async (t) => {
      const strict = await startStaticHost(t, {
        answer: (_path, response) => {
          response.setHeader("content-security-policy", "script-src 'self'");
          return false;
        },
      });
      const { page, context } = await openPage(browser);
      t.teardown(() => context.close());
      await page.goto(strict.origin);
      await importSdk(page);
      t.match(await page.evaluate(() => sdk.isSupported().reasons), [/needs 'wasm-unsafe-eval'/]);
    });
  },
);
