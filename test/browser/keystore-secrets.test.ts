import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseBundle } from "@vaultproof/protocol/bundle";
import { parseDeveloperKey } from "@vaultproof/protocol/developer-key";
import { VaultProof } from "@vaultproof/sdk";
import type { Browser } from "playwright-core";
import t, { type Test } from "tap";
import { startBrowserStage } from "../helpers/browser-stage.js";
import { chromiumSkipReason, launchChromium, openPage } from "../helpers/chromium.js";
import { readGivenBuffers, watchGivenBuffers } from "../helpers/given-buffers.js";
import { heapSnapshot, plantInStorage, readStorage } from "../helpers/page-secrets.js";
import { openKeystorePage, type KeystorePageGlobals } from "../helpers/keystore-page.js";
import { memorySkipReason, searchProcess } from "../helpers/process-memory.js";
import { createSecretSearch, type Secret } from "../helpers/secret-search.js";
import { createWindowSearch } from "../helpers/window-search.js";

declare const keystore: KeystorePageGlobals["keystore"];
declare const fetch: (path: string) => Promise<{ text(): Promise<string> }>;

const KIT_PASSPHRASE = "a kit's own passphrase";

void t.test("a keystore's secrets", { skip: chromiumSkipReason() }, async (t) => {
  const stage = await startBrowserStage(t, { "/passphrase.txt": randomBytes(18).toString("base64url") });
  const { edgeUrl: url, identity: serverIdentity, provider } = stage.stack;
  const { origin } = stage.plain;
  const browser = await launchChromium(t);
  const { page, context } = await openPage(browser);
  await openKeystorePage(page, origin);
  const about = { url, serverIdentity, apiKey: provider.key, baseUrl: provider.origin, KIT_PASSPHRASE };
  await watchGivenBuffers(page);
  const { kit, keySlotId, passphrase } = await page.evaluate(
    async ({ url, serverIdentity, apiKey, baseUrl, KIT_PASSPHRASE }) => {
      const passphrase = await (await fetch("/passphrase.txt")).text();
      await keystore.initialize({ passphrase });
      const vault = await keystore.openVault({ url, serverIdentity });
      const { keySlotId, bundles } = await vault.keys.store({
        ...{ apiKey, baseUrl, provider: "custom", label: "one", apps: ["page"] },
      });
      await keystore.saveBundle({ keySlotId, appId: "page", bundle: bundles.page ?? "" });
      Object.assign(globalThis, { vault });
      return { kit: await keystore.exportRecoveryKit(KIT_PASSPHRASE), keySlotId, passphrase };
    },
    about,
  );
  const secrets = await secretsOf(t, { kit, keySlotId, passphrase, providerKey: provider.key });

  await t.test("nothing of them is in what the browser keeps", async (t) => {
    const search = createSecretSearch(secrets);
    const kept = await readStorage(page);
    t.ok(kept.length > 1_500, `${kept.length} bytes in databases, storages and caches`);
    t.same(search(kept), []);
    for (const secret of secrets) {
      await plantInStorage(page, Buffer.from(secret.bytes).toString("base64"));
      const found = search(await readStorage(page));
      for (const spelling of ["raw bytes", "hex", "base64(url)?", "raw bytes, UTF-16LE"]) {
        const label = new RegExp(`^${secret.name} in ${spelling}$`);
        t.ok(
          found.some((one) => label.test(one)),
          `${secret.name} in ${spelling} is found`,
        );
      }
      await plantInStorage(page, undefined);
    }
    t.same(search(await readStorage(page)), []);
  });

  await t.test("what was given to the browser's cryptography is overwritten", async (t) => {
    // Share 2 by itself opens nothing; its buffer is the operation's own, and is let go with it.
    const search = createSecretSearch(secrets.filter(({ name }) => name !== "share 2"));
    const given = await readGivenBuffers(page);
    t.ok(given.length > 10, `${given.length} plaintexts and keys`);
    t.same(given.flatMap(search), []);
  });

  await t.test("after lock, no string that the page can reach holds one", async (t) => {
    const search = createSecretSearch(secrets);
    await page.evaluate(async () => {
      const revealed = await keystore.revealDeveloperKey();
      // A key of an object stands in one piece; a text that was put together may lie in many.
      Object.assign(globalThis, { held: [{ [revealed]: true }, (await keystore.listBundles())[0]?.bundle] });
    });
    const before = search(Buffer.from(await heapSnapshot(page)));
    t.ok(
      before.some((found) => found.startsWith("developer key's text")),
      "one that is held is found",
    );
    t.ok(
      before.some((found) => found.startsWith("bundle")),
      "and the other",
    );
    await page.evaluate(() => Object.assign(globalThis, { held: undefined }));
    await page.evaluate(() => keystore.lock());
    t.same(search(Buffer.from(await heapSnapshot(page))), [], "vault and keystore are still there");
    await page.close();
  });

  await t.test(
    "after lock, the key's bytes are overwritten",
    { skip: await memorySkipReason() },
    async (t) => {
      const again = await openKeystorePage(context, origin);
      const isKey = ({ name }: Secret): boolean => name === "developer key";
      const search = createWindowSearch(secrets.filter(isKey));
      const find = async (): Promise<string[]> => {
        await heapSnapshot(again);
        return (await renderers(browser)).flatMap((pid) => searchProcess(pid, search).found);
      };
      t.same(await find(), [], "before it is unlocked");
      await again.evaluate(async (path) => {
        // Keeps what is cut out, so that it is found later unless it was overwritten: what is free may be anybody's.
        const kept: Uint8Array[] = [];
        const bytes = Uint8Array.prototype as { slice: (...range: number[]) => Uint8Array };
        const { slice } = bytes;
        bytes.slice = function (...range) {
          const cut = slice.apply(this as never, range as never);
          kept.push(cut);
          return cut;
        };
        Object.assign(globalThis, { kept });
        await keystore.unlock({ passphrase: await (await fetch(path)).text() });
      }, "/passphrase.txt");
      t.ok((await find()).includes("developer key as raw bytes"), "it is there while it is unlocked");
      const bundles = await again.evaluate(async () => (await keystore.listBundles()).length);
      t.equal(bundles, 1);
      await again.evaluate(() => keystore.lock());
      t.same(await find(), []);
    },
  );
});

async function secretsOf(
  t: Test,
  about: { kit: string; keySlotId: string; passphrase: string; providerKey: string },
): Promise<Secret[]> {
  const stateDir = await mkdtemp(join(tmpdir(), "vaultproof-kit-"));
  t.teardown(() => rm(stateDir, { recursive: true, force: true }));
  const { developerKey } = await VaultProof.readRecoveryKit(about.kit, KIT_PASSPHRASE);
  const vault = await VaultProof.restore(about.kit, KIT_PASSPHRASE, { stateDir });
  const bundle = await vault.apps.bundle(about.keySlotId, "page");
  await vault.close();
  const text = (name: string, value: string): Secret => ({ name, bytes: Buffer.from(value) });
  return [
    { name: "developer key", bytes: parseDeveloperKey(developerKey).secret },
    text("developer key's text", developerKey.slice("vp_live_".length)),
    text("provider key", about.providerKey),
    { name: "share 2", bytes: parseBundle(bundle).share2 },
    // Its beginning is the server's and the slot's, which are no secrets.
    text("bundle", bundle.slice(-120)),
    text("passphrase", about.passphrase),
  ];
}

/** Processes of pages, each by its id. */
async function renderers(browser: Browser): Promise<number[]> {
  const devtools = await browser.newBrowserCDPSession();
  const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
  await devtools.detach();
  return processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
}
