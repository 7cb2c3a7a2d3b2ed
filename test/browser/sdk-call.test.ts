import type * as Sdk from "@vaultproof/sdk/browser";
import t from "tap";
import { importSdk, startBrowserStage } from "../helpers/browser-stage.js";
import { chromiumSkipReason, launchChromium, openPage } from "../helpers/chromium.js";

/** What the page has imported. */
declare const sdk: typeof Sdk;
declare const crossOriginIsolated: boolean;

void t.test("a page proves and calls", { skip: chromiumSkipReason() }, async (t) => {
  const stage = await startBrowserStage(t);
  const browser = await launchChromium(t);
  for (const kind of ["isolated", "plain"] as const) {
    await t.test(`${kind} page`, async (t) => {
      const host = stage[kind];
      const { page, complaints, urls, context } = await openPage(browser);
      t.teardown(() => context.close());
      await page.goto(host.origin);
      await importSdk(page);
      const result = await page.evaluate(
        async ({ url, bundle }) => {
          const steps: string[] = [];
          const app = await sdk.VaultProofApp.open({
            url,
            bundle,
            proving: { onProgress: ({ step }) => steps.push(step) },
          });
          const response = await app.fetch("/v1/models");
          const body = await response.json();
          await app.close();
          return { status: response.status, body, steps: [...new Set(steps)], isolated: crossOriginIsolated };
        },
        { url: stage.stack.edgeUrl, bundle: stage.bundle },
      );
      t.match(result, {
        status: 200,
        body: { object: "list" },
        steps: ["download", "initialise", "witness", "prove"],
        isolated: kind === "isolated",
      });
      t.same(complaints, []);
      const origins = new Set(urls.map((url) => new URL(url).origin));
      t.same([...origins].sort(), [host.origin, stage.stack.edgeUrl].sort());
    });
  }
});
