import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { VaultProof, type StoreOptions } from "@vaultproof/sdk";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { Test } from "tap";
import { openPage, type WatchedPage } from "./chromium.js";
import type { LocalProvider } from "./provider.js";
import { startStack, type Stack, type StackOptions } from "./stack.js";

export { expectAccessible } from "./accessibility.js";
export { screenshot } from "./screenshots.js";

/** The page as it was built. */
export const PAGE_FOLDER = fileURLToPath(new URL("../../../dashboard/dist/page", import.meta.url));

/** The real stack whose edge serves the page. */
export interface DashboardStage {
  readonly url: string;
  readonly stack: Stack;
  readonly provider: LocalProvider;
  /** The page in a storage of its own, watched from its beginning; resolves once it shows a heading. */
  openDashboard(browser: Browser, options?: BrowserContextOptions): Promise<WatchedPage>;
  /** A developer of the SDK in Node at this stack, for what another device does. */
  openVault(developerKey?: string): Promise<VaultProof>;
  /**
   * Fills an empty page in one go: stores keys with the SDK in Node and restores its recovery kit in the page, as somebody
   * would who moves to another browser. The page then stands on its first screen, unlocked.
   */
  restoreDeveloper(page: Page, stored?: StoredForPage): Promise<RestoredDeveloper>;
}

/** What `restoreDeveloper` stores; members left out: one key of the stage's provider for one app. */
export interface StoredForPage {
  readonly passphrase?: string;
  readonly label?: string;
  readonly apps?: readonly string[];
  readonly restrictions?: StoreOptions["restrictions"];
  /** Run with the vault before the kit is made: more keys, or calls that a log needs. */
  readonly before?: (vault: VaultProof, keySlotId: string, bundles: Record<string, string>) => Promise<void>;
}

export interface RestoredDeveloper {
  readonly developerKey: string;
  readonly passphrase: string;
  readonly keySlotId: string;
  readonly bundles: Readonly<Record<string, string>>;
  /** The same developer in Node. */
  readonly vault: VaultProof;
}

/** Starts everything; it ends with the test. The page must have been built (`npm run build:dashboard`). */
export async function startDashboardStage(
  t: Test,
  options: Partial<StackOptions> = {},
): Promise<DashboardStage> {
  const stack = await startStack({
    ...options,
    edgeEnv: { DASHBOARD_DIR: PAGE_FOLDER, ...options.edgeEnv },
  });
  t.teardown(() => stack.close());
  const url = stack.edgeUrl;
  const openVault = async (developerKey = VaultProof.generateDeveloperKey("live")): Promise<VaultProof> => {
    const stateDir = await mkdtemp(join(tmpdir(), "vaultproof-state-"));
    t.teardown(() => rm(stateDir, { recursive: true, force: true }));
    return VaultProof.open({ url, developerKey, serverIdentity: stack.identity, stateDir });
  };
  return {
    url,
    stack,
    provider: stack.provider,
    openVault,
    async openDashboard(browser, contextOptions) {
      const watched = await openPage(browser, contextOptions);
      await watched.page.goto(url);
      await watched.page.locator("h1").waitFor();
      return watched;
    },
    async restoreDeveloper(page, stored = {}) {
      const { passphrase = newPassphrase(), label = "the local provider", apps = ["my-app"] } = stored;
      const developerKey = VaultProof.generateDeveloperKey("live");
      const vault = await openVault(developerKey);
      const { keySlotId, bundles } = await vault.keys.store({
        apiKey: stack.provider.key,
        provider: "custom",
        baseUrl: stack.provider.origin,
        label,
        apps: [...apps],
        ...(stored.restrictions === undefined ? {} : { restrictions: stored.restrictions }),
      });
      await stored.before?.(vault, keySlotId, bundles);
      await restoreFromKit(page, await vault.recoveryKit(passphrase), { kit: passphrase, next: passphrase });
      return { developerKey, passphrase, keySlotId, bundles, vault };
    },
  };
}

/** Nobody's, and long enough. */
export function newPassphrase(): string {
  return `a long walk ${randomBytes(9).toString("base64url")}`;
}

/** Goes through the welcome screen as a person would, and leaves the page on its first screen. Returns the developer key. */
export async function createDeveloper(page: Page, passphrase: string): Promise<string> {
  await page.getByRole("button", { name: "Create a developer key" }).click();
  await page.getByRole("checkbox", { name: /same fingerprint/ }).check();
  await page.getByLabel("Passphrase", { exact: true }).fill(passphrase);
  await page.getByLabel("Passphrase again", { exact: true }).fill(passphrase);
  await page.getByRole("button", { name: "Create", exact: true }).click();
  const shown = page.locator("figure", { hasText: "Developer key" }).locator("pre");
  const developerKey = await shown.innerText();
  await page.getByRole("button", { name: "Go on without a kit" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Go on without a kit" }).click();
  await page.getByRole("navigation", { name: "Screens" }).waitFor();
  return developerKey.trim();
}

/** Restores a kit through the welcome screen, and leaves the page on its first screen. */
export async function restoreFromKit(
  page: Page,
  kit: string,
  passphrases: { readonly kit: string; readonly next: string },
): Promise<void> {
  await page.getByRole("button", { name: "Restore from a recovery kit" }).click();
  await page.getByLabel("Recovery kit", { exact: true }).fill(kit);
  await page.getByLabel("Passphrase of the kit", { exact: true }).fill(passphrases.kit);
  await page.getByLabel("Passphrase", { exact: true }).fill(passphrases.next);
  await page.getByLabel("Passphrase again", { exact: true }).fill(passphrases.next);
  await page.getByRole("button", { name: "Restore", exact: true }).click();
  await page.getByRole("navigation", { name: "Screens" }).waitFor();
}

/** Leaves the page's storage as it is and unlocks it, after a reload or a lock. */
export async function unlock(page: Page, passphrase: string): Promise<void> {
  await page.getByLabel("Passphrase", { exact: true }).fill(passphrase);
  await page.getByRole("button", { name: "Unlock" }).click();
  await page.getByRole("navigation", { name: "Screens" }).waitFor();
}

/** Goes to a screen by the navigation. */
export async function openScreen(page: Page, name: string): Promise<void> {
  await page.getByRole("navigation", { name: "Screens" }).getByRole("link", { name, exact: true }).click();
  await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
}
