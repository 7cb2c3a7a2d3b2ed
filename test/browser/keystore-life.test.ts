import type * as Sdk from "@vaultproof/sdk/browser";
import t from "tap";
import { importSdk, startBrowserStage } from "../helpers/browser-stage.js";
import { chromiumSkipReason, launchChromium, openPage } from "../helpers/chromium.js";

/** What the page has imported. */
declare const sdk: typeof Sdk;

void t.test("a keystore's life", { skip: chromiumSkipReason() }, async (t) => {
  const stage = await startBrowserStage(t);
  const browser = await launchChromium(t);
  const { page, complaints } = await openPage(browser);
  await page.goto(stage.plain.origin);
  await importSdk(page);
  const { edgeUrl: url, identity: serverIdentity, provider } = stage.stack;
  const result = await page.evaluate(
    async ({ url, serverIdentity, apiKey, baseUrl }) => {
      const keystore = await sdk.openKeystore();
      const states: string[] = [keystore.state];
      keystore.subscribe(() => states.push(keystore.state));
      await keystore.initialize({ passphrase: "correct horse battery" });
      const vault = await keystore.openVault({ url, serverIdentity });
      const { keySlotId, bundles } = await vault.keys.store({
        ...{ apiKey, baseUrl, provider: "custom", label: "one", apps: ["page"] },
      });
      const bundle = bundles["page"] ?? "";
      await keystore.saveBundle({ keySlotId, appId: "page", bundle });
      const kept = await keystore.listBundles();
      const again = await vault.apps.bundle(keySlotId, "page");
      keystore.lock();
      const said = async (work: Promise<unknown>): Promise<string> =>
        work.then(
          () => "done",
          (error: unknown) => (error instanceof sdk.VaultProofError ? error.code : String(error)),
        );
      const locked = [await said(vault.keys.list()), await said(keystore.listBundles())];
      const wrong = await said(keystore.unlock({ passphrase: "correct horse batterx" }));
      await keystore.unlock({ passphrase: "correct horse battery" });
      return {
        ...{ states, wrong, locked },
        isKept: kept[0]?.bundle === bundle && again === bundle,
        keptAgain: (await keystore.listBundles()).length,
      };
    },
    { url, serverIdentity, apiKey: provider.key, baseUrl: provider.origin },
  );
  t.same(result, {
    states: ["empty", "unlocked", "locked", "unlocked"],
    wrong: "wrong-passphrase",
    locked: ["keystore-locked", "keystore-locked"],
    isKept: true,
    keptAgain: 1,
  });
  t.same(complaints, []);
});
