import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VaultProof } from "@vaultproof/sdk";
import t from "tap";
import { startBrowserStage } from "../helpers/browser-stage.js";
import { chromiumSkipReason, launchChromium, openPage } from "../helpers/chromium.js";
import { openKeystorePage, type KeystorePageGlobals } from "../helpers/keystore-page.js";

declare const sdk: KeystorePageGlobals["sdk"];
declare const keystore: KeystorePageGlobals["keystore"];
declare const said: KeystorePageGlobals["said"];
declare const states: KeystorePageGlobals["states"];
declare const indexedDB: { databases(): Promise<{ name?: string }[]> };

const PASSPHRASE = "correct horse battery";
const OTHER = "another long passphrase";
const KIT_PASSPHRASE = "a kit's own passphrase";

void t.test("a keystore's life", { skip: chromiumSkipReason() }, async (t) => {
  const stage = await startBrowserStage(t);
  const { edgeUrl: url, identity: serverIdentity, provider } = stage.stack;
  const { origin } = stage.plain;
  const browser = await launchChromium(t);
  const { page, context, complaints } = await openPage(browser);
  const stateDir = await mkdtemp(join(tmpdir(), "vaultproof-kit-"));
  t.teardown(() => rm(stateDir, { recursive: true, force: true }));

  await t.test("is filled, used and locked", async (t) => {
    await openKeystorePage(page, origin);
    const about = { url, serverIdentity, apiKey: provider.key, baseUrl: provider.origin, PASSPHRASE };
    const result = await page.evaluate(async ({ url, serverIdentity, apiKey, baseUrl, PASSPHRASE }) => {
      const before = [
        await said(keystore.unlock({ passphrase: PASSPHRASE })),
        await said(keystore.initialize({ passphrase: "too short" })),
        await said(keystore.initialize({ passphrase: PASSPHRASE, developerKey: "vp_live_no" })),
        await said(keystore.exportRecoveryKit(PASSPHRASE)),
      ];
      await keystore.initialize({ passphrase: PASSPHRASE });
      before.push(await said(keystore.initialize({ passphrase: PASSPHRASE })));
      before.push(await said(keystore.exportRecoveryKit(PASSPHRASE)));
      const vault = await sdk.VaultProof.open({ keystore, url, serverIdentity });
      const { keySlotId, bundles } = await vault.keys.store({
        ...{ apiKey, baseUrl, provider: "custom", label: "one", apps: ["page"] },
      });
      const kept = { keySlotId, appId: "page", bundle: bundles.page ?? "" };
      await keystore.saveBundle(kept);
      before.push(await said(keystore.saveBundle({ ...kept, appId: "another" })));
      const made = await vault.apps.bundle(keySlotId, "page");
      const list = await keystore.listBundles();
      keystore.lock();
      const locked = [
        await said(keystore.listBundles()),
        await said(keystore.saveBundle(kept)),
        await said(keystore.removeBundle(keySlotId, "page")),
        await said(keystore.openVault({ url, serverIdentity })),
        await said(keystore.revealDeveloperKey()),
        await said(keystore.exportRecoveryKit("a long enough passphrase")),
        await said(keystore.setAutoLockMinutes(3)),
        await said(vault.keys.list()),
        await said(vault.apps.bundle(keySlotId, "page")),
        await said(vault.recoveryKit("a long enough passphrase")),
      ];
      const isSame = list[0]?.bundle === kept.bundle && made === kept.bundle && list.length === 1;
      return {
        before,
        locked,
        states,
        isSame,
        shown: (keystore as { toString(): string }).toString() + JSON.stringify(keystore),
      };
    }, about);
    t.same(result.before, [
      ...["keystore-empty", "invalid-argument", "invalid-argument", "keystore-locked"],
      ...["keystore-exists", "state-missing", "invalid-argument"],
    ]);
    t.same([...new Set(result.locked)], ["keystore-locked"]);
    t.same(result.states, ["empty", "unlocked", "locked"]);
    t.ok(result.isSame, "the bundle is kept, and can be made again");
    t.notMatch(result.shown, /vp_live|secret":/);
  });

  await t.test("survives a reload; only the right passphrase opens it", async (t) => {
    await openKeystorePage(page, origin);
    const result = await page.evaluate(
      async ({ PASSPHRASE, OTHER }) => {
        const first = keystore.state;
        const messages: string[] = [];
        for (const passphrase of ["", OTHER, PASSPHRASE.toUpperCase()]) {
          await keystore
            .unlock({ passphrase })
            .catch((error: unknown) => messages.push((error as Error).message));
        }
        messages.push(await said(keystore.unlock({ passkey: true })));
        const many = [PASSPHRASE, OTHER, PASSPHRASE].map((passphrase) =>
          said(keystore.unlock({ passphrase })),
        );
        const answers = await Promise.all(many);
        const wrongWhileOpen = await said(keystore.unlock({ passphrase: OTHER }));
        return { first, messages, answers, wrongWhileOpen, state: keystore.state };
      },
      { PASSPHRASE, OTHER },
    );
    const wrong = "It does not open with this passphrase: nothing of the keystore was read";
    t.same(result, {
      ...{ first: "locked", messages: [wrong, wrong, wrong, "invalid-argument"] },
      ...{
        answers: ["done", "wrong-passphrase", "done"],
        wrongWhileOpen: "wrong-passphrase",
        state: "unlocked",
      },
    });
  });

  await t.test("a lock in the middle of anything ends it", async (t) => {
    const result = await page.evaluate(
      async ({ url, serverIdentity, PASSPHRASE }) => {
        const lockedMeanwhile = async (work: () => Promise<unknown>): Promise<string> => {
          await keystore.unlock({ passphrase: PASSPHRASE });
          const underWay = said(work());
          keystore.lock();
          return underWay;
        };
        const answers = [
          await lockedMeanwhile(() => keystore.listBundles()),
          await lockedMeanwhile(() => keystore.openVault({ url, serverIdentity })),
          await lockedMeanwhile(() => keystore.exportRecoveryKit("a long enough passphrase")),
          await lockedMeanwhile(() => keystore.unlock({ passphrase: PASSPHRASE })),
        ];
        const locked = keystore.state;
        await keystore.unlock({ passphrase: PASSPHRASE });
        return { answers, locked, bundles: (await keystore.listBundles()).length };
      },
      { url, serverIdentity, PASSPHRASE },
    );
    t.same([...new Set(result.answers)], ["keystore-locked"]);
    t.match(result, { locked: "locked", bundles: 1 });
  });

  await t.test("what opens it is changed", async (t) => {
    const answers = await page.evaluate(
      async ({ PASSPHRASE, OTHER }) => {
        const [first, next] = [{ passphrase: PASSPHRASE }, { passphrase: OTHER }];
        const answers = [await said(keystore.changePassphrase(next, first))];
        // Both know the passphrase of before; one of them comes second.
        const both = [keystore.changePassphrase(first, next), keystore.changePassphrase(first, next)].map(
          said,
        );
        answers.push(...(await Promise.all(both)).sort(), keystore.state);
        keystore.lock();
        answers.push(await said(keystore.unlock(first)), await said(keystore.unlock(next)));
        return answers;
      },
      { PASSPHRASE, OTHER },
    );
    t.same(answers, [
      ...["wrong-passphrase", "done", "wrong-passphrase", "unlocked"],
      ...["wrong-passphrase", "done"],
    ]);
  });

  await t.test("its kit opens in Node, and Node's kit fills another keystore", async (t) => {
    const kit = await page.evaluate((to) => keystore.exportRecoveryKit(to), KIT_PASSPHRASE);
    const developerId = await page.evaluate(() => keystore.developerId);
    const vault = await VaultProof.restore(kit, KIT_PASSPHRASE, { stateDir });
    t.equal(vault.developerId, developerId);
    const [slot] = await vault.keys.list();
    const { bundle } = await vault.apps.grant(slot?.id ?? "", "granted-in-node");
    const back = await vault.recoveryKit(KIT_PASSPHRASE);
    await openKeystorePage(page, origin, { name: "second" });
    const result = await page.evaluate(
      async ({ back, KIT_PASSPHRASE, OTHER, slotId }) => {
        const answers = [
          await said(keystore.import(back, "not the kit's passphrase", { passphrase: OTHER })),
          await said(keystore.import(`${back.slice(0, -3)}AAA`, KIT_PASSPHRASE, { passphrase: OTHER })),
          keystore.state,
        ];
        const place = await keystore.import(back, KIT_PASSPHRASE, { passphrase: OTHER });
        answers.push(await said(keystore.import(back, KIT_PASSPHRASE, { passphrase: OTHER })));
        const vault = await keystore.openVault(place);
        const bundle = await vault.apps.bundle(slotId, "granted-in-node");
        const { developerId } = keystore;
        return { answers, place, bundle, developerId, states };
      },
      { back, KIT_PASSPHRASE, OTHER, slotId: slot?.id ?? "" },
    );
    t.same(result.answers, ["wrong-passphrase", "kit-invalid", "empty", "keystore-exists"]);
    t.same(result.place, { url, serverIdentity });
    t.equal(result.bundle, bundle, "an app of the other device");
    t.equal(result.developerId, developerId);
    t.same(result.states, ["empty", "unlocked"]);
  });

  await t.test("a program that keeps its key itself has its state in IndexedDB too", async (t) => {
    const developerKey = VaultProof.generateDeveloperKey("live");
    const store = { apiKey: provider.key, baseUrl: provider.origin };
    const slot = await page.evaluate(
      async ({ url, serverIdentity, developerKey, store }) => {
        const vault = await sdk.VaultProof.open({ url, serverIdentity, developerKey });
        const stored = await vault.keys.store({ ...store, provider: "custom", label: "two", apps: ["page"] });
        await vault.close();
        return { ...stored, closed: await said(vault.keys.list()) };
      },
      { url, serverIdentity, developerKey, store },
    );
    t.equal(slot.closed, "closed");
    await openKeystorePage(page, origin);
    const bundle = await page.evaluate(
      async ({ url, developerKey, keySlotId }) => {
        const vault = await sdk.VaultProof.open({ url, developerKey });
        return vault.apps.bundle(keySlotId, "page");
      },
      { url, developerKey, keySlotId: slot.keySlotId },
    );
    t.equal(bundle, slot.bundles.page, "after a reload, the server's identity remembered");
  });

  await t.test("is deleted, and nothing is left", async (t) => {
    const result = await page.evaluate(async (OTHER) => {
      await keystore.unlock({ passphrase: OTHER });
      await keystore.delete();
      const names = (await indexedDB.databases()).map(({ name }) => name);
      return { names, states: [...states], again: await said(keystore.initialize({ passphrase: OTHER })) };
    }, OTHER);
    t.notOk(result.names.includes("vaultproof keystore vaultproof"));
    t.ok(result.names.includes("vaultproof keystore second"), "the other one stays");
    t.same(result.states.slice(-2), ["locked", "empty"]);
    t.equal(result.again, "done");
  });

  await t.test("in a context of its own there is none of it", async (t) => {
    const other = await browser.newContext();
    const page = await openKeystorePage(other, origin);
    t.equal(await page.evaluate(() => keystore.state), "empty");
    await other.close();
  });

  t.same(complaints, []);
  await context.close();
});
