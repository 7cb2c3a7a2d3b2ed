import { cp, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import t, { type Test } from "tap";
import { chromiumSkipReason, launchChromium } from "../helpers/chromium.js";
import {
  createDeveloper,
  expectAccessible,
  newPassphrase,
  openScreen,
  PAGE_FOLDER,
  screenshot,
  startDashboardStage,
  unlock,
  type DashboardStage,
} from "../helpers/dashboard-stage.js";
import { identityKey, signDocument } from "../helpers/server-document.js";

const WELL_KNOWN = "**/.well-known/vaultproof";

void t.test("locks, and a service that is away", { skip: chromiumSkipReason() }, async (t) => {
  const stage = await startDashboardStage(t);
  const browser = await launchChromium(t);
  const passphrase = newPassphrase();
  const { page, context } = await stage.openDashboard(browser);
  await createDeveloper(page, passphrase);

  await t.test("two tabs lock, and lose the key, together", async () => {
    const other = await context.newPage();
    await other.goto(stage.url);
    await unlock(other, passphrase);
    await other.getByRole("button", { name: "Lock", exact: true }).click();
    await page.getByRole("heading", { name: "Locked" }).waitFor();
    await unlock(page, passphrase);
    await other.bringToFront();
    await other.getByRole("button", { name: "Forgotten?" }).click();
    const dialog = other.getByRole("dialog");
    const remove = dialog.getByRole("button", { name: "Delete from this browser" });
    t.equal(await remove.isDisabled(), true, "not before the word is typed");
    await expectAccessible(other);
    await dialog.getByLabel("Type delete to go on").fill("delete");
    await remove.click();
    for (const each of [other, page]) {
      await each.getByRole("button", { name: "Create a developer key" }).waitFor();
    }
    await other.close();
    await page.bringToFront();
    await createDeveloper(page, passphrase);
  });

  await t.test("offline is said above every screen, and taken back", async () => {
    await context.setOffline(true);
    await page.getByText("You are offline").first().waitFor();
    await expectAccessible(page);
    await screenshot(page, "dashboard-offline");
    await context.setOffline(false);
    await page.getByText("Connected again").waitFor();
    await page.getByText("You are offline").first().waitFor({ state: "detached" });
  });

  await t.test("a screen that could not be filled without a connection fills itself with one", async () => {
    for (const name of ["Playground", "Logs", "Keys"]) await openScreen(page, name);
    for (const [name, filled] of [
      ["Playground", page.getByText("No key to call with")],
      ["Logs", page.getByText("Developer registered")],
      ["Keys", page.getByText("No keys yet")],
    ] as const) {
      await context.setOffline(true);
      await openScreen(page, name);
      const failure = page.locator("main").getByRole("alert").filter({ hasText: "You are offline" });
      await failure.first().waitFor();
      await context.setOffline(false);
      await filled.waitFor();
      await page.locator("main").getByRole("alert").first().waitFor({ state: "detached" });
    }
  });

  await t.test("an edge that is down is waited for; one that comes back newer asks for a reload", (t) =>
    checkEdgeDown(t, stage, page, passphrase),
  );

  await t.test("a server with another circuit asks for a reload", async () => {
    await page.route(WELL_KNOWN, async (route) => {
      const document = (await (await route.fetch()).json()) as { circuit: object };
      const circuit = { ...document.circuit, program: "0".repeat(64) };
      const seed = Buffer.from(stage.stack.serverEnv.SERVER_IDENTITY_KEY ?? "", "base64");
      await route.fulfill({ json: signDocument({ ...document, circuit }, identityKey(seed)) });
    });
    await page.reload();
    await unlock(page, passphrase);
    await page.getByText("This page is older than the server: reload").waitFor();
    await page.unroute(WELL_KNOWN);
  });

  await t.test("another server is not trusted", async () => {
    await page.route(WELL_KNOWN, async (route) => {
      const document = (await (await route.fetch()).json()) as Record<string, unknown>;
      await route.fulfill({ json: { ...document, identity: "A".repeat(43) } });
    });
    await page.reload();
    await unlock(page, passphrase);
    await page.getByText("The server was not trusted").waitFor();
    await page
      .getByText(/shows the identity .*, expected/)
      .first()
      .waitFor();
    await page.unroute(WELL_KNOWN);
    await page.getByRole("button", { name: "Try again" }).first().click();
    await page.getByText("The server was not trusted").waitFor({ state: "detached" });
  });

  await t.test("a screen that is gone, or fails, leaves the others", async () => {
    await page.route("**/assets/logs-screen-*.js", (route) => route.fulfill({ status: 404 }));
    await page.route("**/assets/verify-screen-*.js", (route) =>
      route.fulfill({
        contentType: "text/javascript",
        body: "export function VerifyScreen() { throw new Error('a mistake') }",
      }),
    );
    await page.reload();
    await unlock(page, passphrase);
    const screens = page.getByRole("navigation", { name: "Screens" });
    await screens.getByRole("link", { name: "Logs" }).click();
    await page.getByText("This part of the page could not be loaded").waitFor();
    await page.getByText("This page is older than the server: reload").waitFor();
    await screens.getByRole("link", { name: "Verify" }).click();
    await page.getByRole("heading", { name: "Something is wrong with this screen" }).waitFor();
    await expectAccessible(page);
    await openScreen(page, "Settings");
  });

  await t.test("a browser without what is needed is told so", (t) => checkUnsupported(t, stage, browser));
});

async function checkEdgeDown(t: Test, stage: DashboardStage, page: Page, passphrase: string): Promise<void> {
  const [edge] = stage.stack.edges;
  const [server] = stage.stack.servers;
  if (edge === undefined || server === undefined) throw new Error("the stage has an edge and a server");
  await page.getByRole("button", { name: "Lock", exact: true }).click();
  await edge.child.stop("SIGKILL");
  // Unlocking needs nobody; what comes after it does.
  await unlock(page, passphrase);
  await page.getByText("The edge does not answer").waitFor();
  await expectAccessible(page);
  await screenshot(page, "dashboard-edge-down");
  const newer = await newerPage(t);
  await stage.stack.startEdge(server.url, { EDGE_PORT: new URL(stage.url).port, DASHBOARD_DIR: newer });
  await page.getByRole("button", { name: "Try now" }).click();
  await page.getByText("The edge does not answer").waitFor({ state: "detached" });
  await page.getByText("This page is older than the server: reload").waitFor();
  await screenshot(page, "dashboard-expired");
  await page.getByRole("button", { name: "Reload" }).click();
  await unlock(page, passphrase);
  t.equal(await page.getByText("This page is older").count(), 0);
}

/** The page as a later build would be: its entry under another name. */
async function newerPage(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "vaultproof-page-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await cp(PAGE_FOLDER, folder, { recursive: true });
  const index = await readFile(join(folder, "index.html"), "utf8");
  const [, entry = ""] = /src="\/assets\/(index-[^"]+\.js)"/.exec(index) ?? [];
  await rename(join(folder, "assets", entry), join(folder, "assets", "index-newer000.js"));
  for (const compressed of ["index.html.br", "index.html.gz"]) await rm(join(folder, compressed));
  await writeFile(join(folder, "index.html"), index.replaceAll(entry, "index-newer000.js"));
  return folder;
}

async function checkUnsupported(t: Test, stage: DashboardStage, browser: Browser): Promise<void> {
  const context = await browser.newContext();
  t.teardown(() => context.close());
  await context.addInitScript("Object.defineProperty(globalThis, 'indexedDB', { value: undefined });");
  const page = await context.newPage();
  await page.goto(stage.url);
  await page.getByRole("heading", { name: "VaultProof cannot run in this browser" }).waitFor();
  await page.getByText("IndexedDB is missing or switched off.").waitFor();
  await expectAccessible(page);
  await screenshot(page, "dashboard-unsupported");
  const scriptless = await browser.newContext({ javaScriptEnabled: false });
  t.teardown(() => scriptless.close());
  const plain = await scriptless.newPage();
  await plain.goto(stage.url);
  const words = await plain.evaluate<string>("document.body.innerText");
  t.equal(words.trim(), "VaultProof splits keys in this page, which needs JavaScript.");
}
