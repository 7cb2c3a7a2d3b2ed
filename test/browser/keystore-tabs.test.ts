import t from "tap";
import { chromiumSkipReason, launchChromium, openPage } from "../helpers/chromium.js";
import { openKeystorePage, type KeystorePageGlobals } from "../helpers/keystore-page.js";
import { startStaticHost } from "../helpers/static-host.js";
import type { Page } from "playwright-core";

declare const keystore: KeystorePageGlobals["keystore"];
declare const said: KeystorePageGlobals["said"];

const PASSPHRASE = "correct horse battery";
const OTHER = "another long passphrase";

const stateOf = (page: Page): Promise<string> => page.evaluate(() => keystore.state);
const waitForState = async (page: Page, state: string): Promise<void> => {
  await page.waitForFunction((wanted) => keystore.state === wanted, state);
};
const unlock = (page: Page, passphrase = PASSPHRASE): Promise<string> =>
  page.evaluate((passphrase) => said(keystore.unlock({ passphrase })), passphrase);

void t.test("several tabs, one keystore", { skip: chromiumSkipReason() }, async (t) => {
  const { origin } = await startStaticHost(t);
  const browser = await launchChromium(t);

  await t.test("tabs stay in step", async (t) => {
    const { page, context, complaints } = await openPage(browser);
    const one = await openKeystorePage(page, origin);
    const two = await openKeystorePage(context, origin);
    const initialize = (page: Page): Promise<string> =>
      page.evaluate((passphrase) => said(keystore.initialize({ passphrase })), PASSPHRASE);
    t.same((await Promise.all([initialize(one), initialize(two)])).sort(), ["done", "keystore-exists"]);
    const [first, second] = (await stateOf(one)) === "unlocked" ? [one, two] : [two, one];
    await waitForState(second, "locked");
    t.equal(
      await second.evaluate(() => said(keystore.revealDeveloperKey())),
      "keystore-locked",
      "no secret is passed on",
    );
    const developer = await first.evaluate(() => keystore.developerId);
    t.equal(await unlock(second), "done");
    t.equal(await second.evaluate(() => keystore.developerId), developer, "the one who won");
    await first.evaluate(() => keystore.lock());
    await waitForState(second, "locked");

    t.equal(await unlock(second), "done");
    t.equal(await stateOf(first), "locked", "each unlocks for itself");
    await second.evaluate(
      ([current, next]) =>
        keystore.changePassphrase({ passphrase: current ?? "" }, { passphrase: next ?? "" }),
      [PASSPHRASE, OTHER],
    );
    t.equal(await unlock(first), "wrong-passphrase");
    t.equal(await unlock(first, OTHER), "done");
    await second.evaluate(() => keystore.setAutoLockMinutes(7));
    await first.waitForFunction(() => keystore.autoLockMinutes === 7);

    await second.evaluate(() => keystore.delete());
    await waitForState(first, "empty");
    t.equal(await first.evaluate(() => said(keystore.revealDeveloperKey())), "keystore-locked");
    t.equal(await initialize(first), "done");
    await waitForState(second, "locked");
    t.not(await first.evaluate(() => keystore.developerId), developer);
    t.same(complaints, []);
    await context.close();
  });

  await t.test("locks itself when nobody is there, in any tab", async (t) => {
    const { page, context } = await openPage(browser);
    await context.clock.install();
    const one = await openKeystorePage(page, origin);
    const two = await openKeystorePage(context, origin);
    await one.evaluate((passphrase) => keystore.initialize({ passphrase }), PASSPHRASE);
    await unlock(two);
    const pass = (minutes: number): Promise<void> => context.clock.fastForward(minutes * 60_000);
    await pass(14);
    t.same([await stateOf(one), await stateOf(two)], ["unlocked", "unlocked"]);
    await two.mouse.move(10, 10);
    await one.waitForTimeout(100);
    await pass(14);
    t.equal(await stateOf(two), "unlocked", "somebody was there");
    t.equal(await stateOf(one), "unlocked", "who was in the other tab");
    await one.evaluate(() => keystore.listBundles());
    await one.waitForTimeout(100);
    await pass(14);
    t.same([await stateOf(one), await stateOf(two)], ["unlocked", "unlocked"], "a use in either counts");
    await pass(2);
    t.same([await stateOf(one), await stateOf(two)], ["locked", "locked"]);
    await context.close();
  });

  await t.test("a computer that slept is not woken unlocked", async (t) => {
    const { page, context } = await openPage(browser);
    await context.clock.install();
    const one = await openKeystorePage(page, origin);
    await one.evaluate((passphrase) => keystore.initialize({ passphrase }), PASSPHRASE);
    // The clock has gone on, and no timer has run.
    const sleep = (): Promise<void> => context.clock.setSystemTime(Date.now() + 60 * 60_000);
    await sleep();
    await one.mouse.move(20, 20);
    t.equal(await stateOf(one), "locked", "a hand on the mouse");
    await unlock(one);
    await context.clock.setSystemTime(Date.now() + 120 * 60_000);
    t.equal(await one.evaluate(() => said(keystore.listBundles())), "keystore-locked", "a use");
    await unlock(one);
    await context.clock.setSystemTime(Date.now() + 180 * 60_000);
    await one.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    t.equal(await stateOf(one), "locked", "a look");
    await unlock(one);
    await one.evaluate(() => keystore.setAutoLockMinutes(0));
    await context.clock.fastForward(24 * 60 * 60_000);
    t.equal(await stateOf(one), "unlocked", "0 is for never");
    await context.close();
  });
});
