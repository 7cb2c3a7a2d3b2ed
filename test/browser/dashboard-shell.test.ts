import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import t, { type Test } from "tap";
import { chromiumSkipReason, launchChromium } from "../helpers/chromium.js";
import {
  expectAccessible,
  newPassphrase,
  openScreen,
  restoreFromKit,
  screenshot,
  startDashboardStage,
  unlock,
  type DashboardStage,
} from "../helpers/dashboard-stage.js";
import { dumpStorage, localStorageOf, recordRequests } from "../helpers/page-storage.js";
import { createSecretSearch } from "../helpers/secret-search.js";

const INVITES = ["first-invite-of-this-test", "other-invite-of-this-test"] as const;

void t.test("the shell of the page", { skip: chromiumSkipReason() }, async (t) => {
  const stage = await startDashboardStage(t, {
    serverEnv: { REGISTRATION: "invite", INVITE_TOKENS: INVITES.join(",") },
  });
  const browser = await launchChromium(t);
  const passphrase = newPassphrase();
  const { page, context, complaints, urls } = await stage.openDashboard(browser);
  const sent = recordRequests(context);
  let developerKey = "";
  let kit = "";
  let kitPassphrase = "";

  await t.test("the first visit makes a key, with an invite where the server asks for one", async (t) => {
    t.equal(await page.title(), "Welcome · VaultProof");
    await expectAccessible(page);
    await screenshot(page, "dashboard-welcome");
    await page.getByRole("button", { name: "Create a developer key" }).click();
    const create = page.getByRole("button", { name: "Create", exact: true });
    await page.getByText(stage.stack.identity).waitFor();
    t.equal(await create.isDisabled(), true, "not before somebody compared the fingerprint");
    await page.getByRole("checkbox", { name: /same fingerprint/ }).check();
    await page.getByLabel("Passphrase", { exact: true }).fill("short");
    await page.getByText("7 more to go").waitFor();
    await create.click();
    await page.getByText("It has 5 characters; 12 are the least.").waitFor();
    await page.getByLabel("Passphrase", { exact: true }).fill(passphrase);
    await page.getByLabel("Passphrase again").fill(`${passphrase}x`);
    await create.click();
    await page.getByText("This is not the same as above.").waitFor();
    await expectAccessible(page);
    await screenshot(page, "dashboard-create");
    await page.getByLabel("Passphrase again").fill(passphrase);
    await create.click();
    await page.getByText("Registration needs an invite").waitFor();
    await expectAccessible(page);
    await screenshot(page, "dashboard-connect");
    await page.getByRole("checkbox", { name: /same fingerprint/ }).check();
    await page.getByLabel(/^Invite/).fill(INVITES[0]);
    await page.getByRole("button", { name: "Connect" }).click();
    developerKey = await keyShown(page);
    t.match(developerKey, /^vp_live_[0-9A-Za-z]{49}$/);
    await expectAccessible(page);
  });

  await t.test("the recovery kit is saved before the page goes on", async () => {
    kitPassphrase = newPassphrase();
    kit = await saveKit(page, kitPassphrase);
    t.match(kit, /^vpk_/);
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("heading", { level: 1, name: "Keys" }).waitFor();
    t.equal((await page.content()).includes(developerKey), false, "the key is shown once");
  });

  await t.test("neither key nor passphrase is kept in the clear, and neither is sent", async (t) => {
    const find = createSecretSearch(
      Object.entries({ developerKey, passphrase, kitPassphrase }).map(([name, text]) => ({
        name,
        bytes: Buffer.from(text),
      })),
    );
    t.same(find(await dumpStorage(page)), []);
    t.same(find(Buffer.concat(sent)), []);
    t.ok(sent.length > 3, "requests were recorded");
    t.same(await localStorageOf(page), {});
    t.same([...new Set(urls.map((url) => new URL(url).origin))], [stage.url]);
  });

  await t.test("a screen names the document and takes the focus", async (t) => {
    for (const name of ["Settings", "Logs", "Keys"]) {
      await openScreen(page, name);
      t.equal(await page.title(), `${name} · VaultProof`);
      await page.locator("h1:focus", { hasText: name }).waitFor();
      const current = page.getByRole("navigation").getByRole("link", { name });
      t.equal(await current.getAttribute("aria-current"), "page");
    }
  });

  await t.test("the theme is chosen, kept and the only thing in localStorage", async (t) => {
    await page.getByRole("button", { name: "Dark", exact: true }).first().click();
    t.equal(await page.evaluate("document.documentElement.dataset.theme"), "dark");
    t.same(await localStorageOf(page), { "vaultproof-theme": "dark" });
    await page.reload();
    await page.getByRole("heading", { name: "Locked" }).waitFor();
    t.equal(await page.evaluate("document.documentElement.dataset.theme"), "dark");
    await page.getByRole("button", { name: "As the system" }).click();
    t.same(await localStorageOf(page), {});
  });

  await t.test("a reload locks; a wrong passphrase says no more than that", async (t) => {
    t.equal(await page.title(), "Locked · VaultProof");
    const field = page.getByLabel("Passphrase", { exact: true });
    await field.fill(newPassphrase());
    await page.keyboard.press("Enter");
    await page.getByText("That does not open it.").waitFor();
    await field.and(page.locator(":focus")).waitFor();
    await expectAccessible(page);
    await screenshot(page, "dashboard-unlock");
    await unlock(page, passphrase);
    await page.getByRole("heading", { level: 1, name: "Keys" }).waitFor();
  });

  await t.test("settings change the passphrase and show the key to its owner alone", (t) =>
    checkSettings(t, page, { passphrase, developerKey, stage }),
  );

  await t.test("a kit made in the page fills another browser", (t) =>
    checkRestoring(t, stage, browser, { kit, kitPassphrase, developerKey }),
  );

  await t.test("the keyboard alone goes through first run and lock", (t) =>
    checkKeyboard(t, stage, browser, INVITES[1]),
  );

  const expected = /Failed to load resource.*(401|403)/;
  t.same(
    complaints.filter((complaint) => !expected.test(complaint)),
    [],
  );
});

async function keyShown(page: Page): Promise<string> {
  return (await page.locator("figure", { hasText: "Developer key" }).locator("pre").innerText()).trim();
}

async function saveKit(page: Page, passphrase: string): Promise<string> {
  await page.getByLabel("Passphrase for the kit", { exact: true }).fill(passphrase);
  await page.getByLabel("Passphrase for the kit again").fill(passphrase);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download the recovery kit" }).click(),
  ]);
  await page.getByText("The kit was saved").waitFor();
  return (await readFile(await download.path(), "utf8")).trim();
}

async function checkSettings(
  t: Test,
  page: Page,
  { passphrase, developerKey, stage }: { passphrase: string; developerKey: string; stage: DashboardStage },
): Promise<void> {
  await openScreen(page, "Settings");
  await page.getByText(stage.stack.identity).waitFor();
  await expectAccessible(page);
  await screenshot(page, "dashboard-settings");
  const show = page.locator("section", { has: page.getByRole("heading", { name: "Developer key" }) });
  await show.getByLabel("Present passphrase").fill(newPassphrase());
  await show.getByRole("button", { name: "Show the developer key" }).click();
  await show.getByText("That does not open it.").waitFor();
  t.equal((await page.content()).includes(developerKey), false);
  await show.getByLabel("Present passphrase").fill(passphrase);
  await show.getByRole("button", { name: "Show the developer key" }).click();
  t.equal(await keyShown(page), developerKey);
  await show.getByRole("button", { name: "Hide" }).click();
  t.equal((await page.content()).includes(developerKey), false);

  const change = page.locator("section", { has: page.getByRole("heading", { name: "Passphrase" }) });
  const next = newPassphrase();
  await change.getByLabel("Present passphrase").fill(passphrase);
  await change.getByLabel("New passphrase", { exact: true }).fill(next);
  await change.getByLabel("New passphrase again").fill(next);
  await change.getByRole("button", { name: "Change the passphrase" }).click();
  await page.getByText("The passphrase was changed").waitFor();
  await page.getByRole("button", { name: "Lock", exact: true }).click();
  await page.getByLabel("Passphrase", { exact: true }).fill(passphrase);
  await page.getByRole("button", { name: "Unlock" }).click();
  await page.getByText("That does not open it.").waitFor();
  await unlock(page, next);
}

async function checkRestoring(
  t: Test,
  stage: DashboardStage,
  browser: Browser,
  made: { kit: string; kitPassphrase: string; developerKey: string },
): Promise<void> {
  const { page, context } = await stage.openDashboard(browser);
  t.teardown(() => context.close());
  const passphrase = newPassphrase();
  await page.getByRole("button", { name: "Restore from a recovery kit" }).click();
  const file = { name: "kit.txt", mimeType: "text/plain", buffer: Buffer.from(`${made.kit}\n`) };
  await page.getByLabel("Recovery kit file").setInputFiles(file);
  await page.getByLabel("Passphrase of the kit").fill(newPassphrase());
  await page.getByLabel("Passphrase", { exact: true }).fill(passphrase);
  await page.getByLabel("Passphrase again").fill(passphrase);
  await page.getByRole("button", { name: "Restore", exact: true }).click();
  await page.getByText("does not open with this passphrase").waitFor();
  await expectAccessible(page);
  await screenshot(page, "dashboard-restore");
  await page.getByRole("button", { name: "Back" }).click();
  await restoreFromKit(page, made.kit, { kit: made.kitPassphrase, next: passphrase });
  await openScreen(page, "Settings");
  const show = page.locator("section", { has: page.getByRole("heading", { name: "Developer key" }) });
  await show.getByLabel("Present passphrase").fill(passphrase);
  await show.getByRole("button", { name: "Show the developer key" }).click();
  t.equal(await keyShown(page), made.developerKey);
}

async function checkKeyboard(
  t: Test,
  stage: DashboardStage,
  browser: Browser,
  invite: string,
): Promise<void> {
  const { page, context } = await stage.openDashboard(browser);
  t.teardown(() => context.close());
  const passphrase = newPassphrase();
  await tabTo(page, "Create a developer key");
  await page.keyboard.press("Enter");
  await page.getByText(stage.stack.identity).waitFor();
  await tabTo(page, "The server printed the same fingerprint");
  await page.keyboard.press("Space");
  await tabTo(page, "Passphrase");
  await page.keyboard.type(passphrase);
  await tabTo(page, "Passphrase again");
  await page.keyboard.type(passphrase);
  await tabTo(page, "Invite (only if you were given one)");
  await page.keyboard.type(invite);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Your developer key" }).waitFor();
  await tabTo(page, "Go on without a kit");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await tabTo(page, "Go on without a kit");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await tabTo(page, "Go on without a kit");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Keys" }).waitFor();
  await tabTo(page, "Lock");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Locked" }).waitFor();
  await page.keyboard.type(passphrase);
  await page.keyboard.press("Enter");
  await page.getByRole("navigation", { name: "Screens" }).waitFor();
}

const MOST_STOPS = 40;

/** Presses Tab until what has the focus is called so. */
async function tabTo(page: Page, name: string): Promise<void> {
  const passed: string[] = [];
  while (passed.length < MOST_STOPS) {
    await page.keyboard.press("Tab");
    const found = await page.evaluate<string>(
      `((at) => at.getAttribute("aria-label") ?? at.labels?.[0]?.textContent ?? at.textContent)(document.activeElement)`,
    );
    if (found.trim() === name) return;
    passed.push(found.trim());
  }
  throw new Error(`the Tab key does not come to ${name}, but to ${passed.join(", ")}`);
}
