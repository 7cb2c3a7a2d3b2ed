import { randomBytes } from "node:crypto";
import { VaultProofApp } from "@vaultproof/sdk";
import type { Browser } from "playwright-core";
import t, { type Test } from "tap";
import { chromiumSkipReason, launchChromium, openPage } from "../helpers/chromium.js";
import {
  createDeveloper,
  expectAccessible,
  newPassphrase,
  openScreen,
  screenshot,
  startDashboardStage,
  unlock,
  type DashboardStage,
} from "../helpers/dashboard-stage.js";
import { findKeyInPage, plantKeyInPage, PLANTED_PLACES } from "../helpers/key-in-page.js";
import {
  confirm,
  errorBeside,
  fillCustom,
  keyField,
  pasteKey,
  storeButton,
  tabAndType,
  tabTo,
  testCall,
} from "../helpers/keys-screen.js";
import { rememberBuffers } from "../helpers/page-memory.js";
import { startRecordingProxy } from "../helpers/recording-proxy.js";
import { createSecretSearch, type SecretSearch } from "../helpers/secret-search.js";

void t.test("keys in the page", { skip: chromiumSkipReason(), timeout: 240_000 }, async (t) => {
  const stage = await startDashboardStage(t, { serverEnv: { SLOTS_PER_DEVELOPER: "2" } });
  const browser = await launchChromium(t);
  const { key } = stage.provider;
  const search = createSecretSearch([{ name: "the key", bytes: Buffer.from(key) }]);
  // Everything between browser and edge, whatever part of the browser says it.
  const tap = await startRecordingProxy(t, stage.url);
  const { page, context, complaints, urls } = await openPage(browser);
  await rememberBuffers(context);
  page.setDefaultTimeout(15_000);
  const passphrase = newPassphrase();
  await page.goto(tap.url);

  await t.test("by keyboard alone from the first visit to the provider's answer", async (t) => {
    await createDeveloper(page, passphrase);
    await page.getByRole("heading", { name: "No keys yet" }).waitFor();
    await expectAccessible(page);
    await tabTo(page, page.getByRole("link", { name: "Add a key" }));
    await page.keyboard.press("Enter");
    await page.locator("h1:focus", { hasText: "Add a key" }).waitFor();
    await tabTo(page, page.getByRole("radio", { name: "OpenAI" }));
    await page.keyboard.press("ArrowLeft");
    t.ok(await page.getByRole("radio", { name: "Custom" }).isChecked());
    await tabAndType(page, page.getByLabel("Base URL"), stage.provider.origin);
    await tabAndType(page, keyField(page), key);
    await tabAndType(page, page.getByLabel("Label"), "the local provider");
    await expectAccessible(page);
    await page.evaluate("scrollTo(0, 0)");
    await screenshot(page, "dashboard-add-key");
    await tabTo(page, storeButton(page));
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Key stored" }).waitFor();
    t.equal(await page.evaluate("scrollY"), 0, "what is to be copied is in sight");

    const panel = page.getByRole("region", { name: "What leaves your browser" });
    const shown = await panel.getByLabel("Body of the request").innerText();
    t.match(shown, /"share1_encrypted": "0x[0-9a-f]{10}…[0-9a-f]{10} \(\d+ bytes\)"/);
    t.match(shown, /"label": "the local provider"/);
    t.match(await panel.locator(".notice").innerText(), /searched for and not found\s+In [1-9]/);
    await panel.getByRole("button", { name: "Show every digit" }).click();
    const whole = JSON.parse(await panel.getByLabel("Body of the request").innerText()) as object;
    const sent = [...tap.traffic().values()].map((bytes) => bytes.toString("latin1")).join("\n");
    t.ok(sent.includes(JSON.stringify(whole)), "the panel shows exactly what was sent");
    t.match(
      await page.locator("figure", { hasText: "Bundle of my-app" }).locator("pre").innerText(),
      /^vpb_/,
    );
    await expectAccessible(page);
    await page.evaluate("scrollTo(0, 0)");
    await screenshot(page, "dashboard-key-stored");

    await tabTo(page, page.getByRole("link", { name: "Make a test call" }));
    await page.keyboard.press("Enter");
    const call = page.getByRole("button", { name: "Call the provider" });
    await page.locator("h1:focus", { hasText: "the local provider" }).waitFor();
    await tabTo(page, call);
    await page.keyboard.press("Enter");
    const card = page.getByRole("region", { name: "Test call" });
    await card.locator(".notice").waitFor({ timeout: 60_000 });
    t.match(
      await card.innerText(),
      /The key works\s+200 from the provider \(vp-source: upstream\) in [\d,]+ ms/,
    );
    t.match(await card.getByLabel("The answer's body").innerText(), /"local-1"/);
    t.equal(stage.provider.requests.at(-1)?.authorised, true, "the provider was given its key");
    await expectAccessible(page);
    await page.evaluate("scrollTo(0, 0)");
    await screenshot(page, "dashboard-key");
    await page.getByRole("link", { name: "All keys" }).click();
    await page.getByRole("link", { name: "the local provider" }).waitFor();
    await expectAccessible(page);
    await page.evaluate("scrollTo(0, 0)");
    await screenshot(page, "dashboard-keys");
  });

  await t.test("the key is nowhere but at the provider", async (t) => {
    t.same(found(tap.traffic(), search), [], "not on the wire between browser and edge");
    t.same(search(Buffer.from(stage.stack.logs())), [], "not in a log");
    t.same(
      urls.filter((url) => new URL(url).origin !== tap.url),
      [],
      "nothing else was asked for",
    );
    await page.getByRole("button", { name: "Lock" }).click();
    await page.getByRole("button", { name: "Unlock" }).waitFor();
    t.same(await findKeyInPage(page, key), [], "not in the browser");
  });

  await t.test("a key planted in each of these places is found", (t) =>
    findPlanted(t, { stage, browser, key }),
  );

  await t.test("what cannot be stored is said where it is wrong", async (t) => {
    await unlock(page, passphrase);
    await openScreen(page, "Keys");
    await page.getByRole("link", { name: "Add a key" }).click();
    await pasteKey(page, keyField(page), `gsk_${key.slice(3)}`);
    t.match(await page.locator(".field-odd").innerText(), /looks like a key of Groq, not of OpenAI/);
    await page.getByRole("radio", { name: "Groq" }).check();
    await page.locator(".field-odd:empty").waitFor({ state: "attached" });

    await fillCustom(page, { origin: `${stage.provider.origin}/v1`, key, label: "elsewhere" });
    await storeButton(page).click();
    t.match(await errorBeside(page, "Base URL"), /is an origin only/);
    t.equal(await keyField(page).inputValue(), key, "the key is not read before the rest is right");
    await page.getByLabel("Base URL").fill("http://10.0.0.1");
    await storeButton(page).click();
    await page.getByText("Nothing was stored. What you wrote is still here; paste the key again.").waitFor();
    t.match(await errorBeside(page, "Base URL"), /baseUrl must be https:\/\/ and a public host/);
    t.equal(await keyField(page).inputValue(), "", "once read it is not in the page");
    await keyField(page).focus();
    await page.keyboard.press("Control+Z");
    t.equal(await keyField(page).inputValue(), "", "nor does undoing bring it back");
    t.equal(await page.getByLabel("Label").inputValue(), "elsewhere");

    for (const spelling of ["latin1", "hex", "base64", "base64url"] as const) {
      const spelt = Buffer.from(key).toString(spelling);
      await fillCustom(page, { origin: stage.provider.origin, key, label: `x${spelt}` });
      await storeButton(page).click();
      await page.getByText("It was not sent. Take the key out of the other fields.").waitFor();
    }
    t.same(found(tap.traffic(), search), [], "a key in another field was not sent");
  });

  await t.test("a wrong key is stored, found wrong and rotated", async (t) => {
    const wrong = `sk-${randomBytes(24).toString("base64url")}`;
    await fillCustom(page, { origin: stage.provider.origin, key: wrong, label: "another" });
    await storeButton(page).click();
    await page.getByRole("link", { name: "Make a test call" }).click();
    t.match(await testCall(page), /does not accept this key\s+401 from the provider/);

    const address = page.url();
    await page.goto(`${tap.url}/#/keys/add`);
    await fillCustom(page, { origin: stage.provider.origin, key, label: "one too many" });
    await storeButton(page).click();
    await page
      .getByText(/Too many key slots/)
      .first()
      .waitFor();
    t.ok(await page.getByText("Nothing was stored.").isVisible());

    await page.goto(address);
    const changes = page.getByRole("region", { name: "Change the key" });
    await pasteKey(page, changes.getByLabel("New key"), key);
    await changes.getByRole("button", { name: "Rotate" }).click();
    await confirm(page, "Replace the key");
    await changes
      .getByText(/The key is replaced. The new key was searched for in \d+ requests? and not found/)
      .waitFor();
    t.match(await testCall(page), /The key works/, "with the bundle that the rotation renewed");

    await changes.getByRole("button", { name: "Refresh" }).click();
    await confirm(page, "Refresh");
    await changes.getByText("Both shares are new").waitFor();
    await expectAccessible(page);
    t.match(await testCall(page), /The key works/, "with the bundle that the refresh renewed");
  });

  await t.test("an app is granted with restrictions, and revoked", async (t) => {
    const apps = page.getByRole("region", { name: "Apps", exact: true });
    await apps.getByLabel("Name of the app").fill("second-app");
    await apps.getByText("Restrictions for this app").click();
    await apps.getByLabel("Paths").fill("/v1/models");
    await apps.getByLabel("Calls a day (UTC)").fill("none");
    await apps.getByRole("button", { name: "Grant", exact: true }).click();
    t.match(await errorBeside(page, "Calls a day (UTC)"), /whole number from 1/);
    await apps.getByLabel("Calls a day (UTC)").fill("100");
    await expectAccessible(page);
    await apps.getByRole("button", { name: "Grant", exact: true }).click();
    const bundle = await apps
      .locator("figure", { hasText: "Bundle of second-app" })
      .locator("pre")
      .innerText();
    const row = apps.getByRole("listitem").filter({ hasText: "second-app" });
    t.match(await row.innerText(), /Bundle kept here[^]*Paths\s+\/v1\/models\s+Calls a day\s+100/);

    const app = await VaultProofApp.open({ url: stage.url, bundle });
    t.teardown(() => app.close());
    t.equal((await app.fetch("/v1/models")).status, 200, "elsewhere the app calls with the bundle");
    t.equal((await app.fetch("/v1/files")).status, 403, "within its restrictions");
    await row.getByRole("button", { name: "Revoke second-app" }).click();
    await confirm(page, "Revoke the app");
    await row.waitFor({ state: "detached" });
    const refused = await app.fetch("/v1/models");
    t.equal(refused.status, 403);
    t.same(await refused.json(), { error: "Invalid ZK proof", reason: "Proof verification failed" });
    const shown = apps.getByRole("button", { name: "Show the bundle of my-app" });
    await shown.click();
    await apps.locator("figure", { hasText: "Bundle of my-app" }).waitFor();
  });

  await t.test("a key is revoked once its label was typed", async (t) => {
    await page.getByRole("button", { name: "Revoke this key" }).click();
    const dialog = page.getByRole("dialog");
    const revoke = dialog.getByRole("button", { name: "Revoke for ever" });
    t.ok(await revoke.isDisabled());
    await dialog.getByLabel(/Type the label/).fill("anothe");
    t.ok(await revoke.isDisabled());
    await expectAccessible(page);
    await dialog.getByLabel(/Type the label/).fill("another");
    await revoke.click();
    await page.getByText("Revoked", { exact: true }).first().waitFor();
    t.equal(await page.getByRole("region", { name: "Test call" }).count(), 0);
    await openScreen(page, "Keys");
    await page.getByRole("listitem").filter({ hasText: "another" }).getByText("Revoked").waitFor();
  });

  t.same(
    complaints.filter((text) => !/status of (?:4\d\d)/.test(text)),
    [],
    "the page complains of nothing",
  );
});

function found(traffic: Map<string, Buffer>, search: SecretSearch): string[] {
  return [...traffic.values()].flatMap(search);
}

/** The control: a page that keeps the key wherever one may, and sends it in every part of a request. */
async function findPlanted(
  t: Test,
  { stage, browser, key }: { stage: DashboardStage; browser: Browser; key: string },
): Promise<void> {
  const search = createSecretSearch([{ name: "the key", bytes: Buffer.from(key) }]);
  const places = [
    ...["/?a=KEY", "/x/KEY"].map((target) => ({ target, headers: {}, body: undefined })),
    { target: "/health", headers: { "x-note": "KEY" }, body: undefined },
    { target: "/health", headers: {}, body: `{"a":"KEY"}` },
  ];
  for (const spelling of ["latin1", "hex", "base64", "base64url"] as const) {
    const spelt = Buffer.from(key).toString(spelling);
    for (const { target, headers, body } of places) {
      const tap = await startRecordingProxy(t, stage.url);
      await fetch(tap.url + target.replace("KEY", encodeURIComponent(spelt)), {
        method: body === undefined ? "GET" : "POST",
        headers: Object.fromEntries(Object.entries(headers).map(([name]) => [name, spelt])),
        ...(body === undefined ? {} : { body: body.replace("KEY", spelt) }),
      });
      t.not(found(tap.traffic(), search).length, 0, `${spelling} in ${target} ${body ?? ""}`);
    }
    t.not(search(Buffer.from(`${stage.stack.logs()}{"note":"${spelt}"}`)).length, 0, `${spelling} in a log`);
  }
  const { page, context } = await openPage(browser);
  await rememberBuffers(context);
  await page.goto(stage.url);
  await page.locator("h1").waitFor();
  t.same(await findKeyInPage(page, key), [], "a page that was never given the key does not hold it");
  await plantKeyInPage(page, key);
  const planted = await findKeyInPage(page, key);
  for (const place of PLANTED_PLACES)
    t.ok(
      planted.some((said) => said.startsWith(place)),
      place,
    );
  await context.close();
}
