import type * as Sdk from "@vaultproof/sdk/browser";
import type { BrowserContext, Page } from "playwright-core";
import { importSdk } from "./browser-stage.js";

/** What {@link openKeystorePage} leaves in a page, for its evaluations. */
export interface KeystorePageGlobals {
  readonly sdk: typeof Sdk;
  readonly keystore: Sdk.Keystore;
  /** `done`, or the code of the SDK's error, or any other error as text. */
  readonly said: (work: Promise<unknown>) => Promise<string>;
  /** The keystore's states, from its opening on. */
  readonly states: readonly string[];
}

/** Another tab of a context, or the page itself anew, with the SDK and the keystore opened. */
export async function openKeystorePage(
  where: BrowserContext | Page,
  origin: string,
  options: Sdk.KeystoreOptions = {},
): Promise<Page> {
  const page = "newPage" in where ? await where.newPage() : where;
  await page.goto(origin);
  await importSdk(page);
  await page.evaluate(async (options) => {
    const { sdk } = globalThis as unknown as KeystorePageGlobals;
    const keystore = await sdk.openKeystore(options);
    const states: string[] = [keystore.state];
    keystore.subscribe(() => states.push(keystore.state));
    const said = (work: Promise<unknown>): Promise<string> =>
      work.then(
        () => "done",
        (error: unknown) => (error instanceof sdk.VaultProofError ? error.code : String(error)),
      );
    Object.assign(globalThis, { keystore, states, said });
  }, options);
  return page;
}
