import { existsSync } from "node:fs";
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from "playwright-core";
import type { Test } from "tap";

const EXECUTABLE = "/usr/bin/chromium";
/** No sandbox, because CI is root; the rest keeps Chromium's own traffic out of what tests record. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
  "--no-first-run",
];

/** Why tests in a browser are left out, or false. In CI a missing browser is a failure. */
export function chromiumSkipReason(): string | false {
  if (process.env.CI !== undefined || existsSync(EXECUTABLE)) return false;
  return `no Chromium at ${EXECUTABLE} (apt-get install chromium)`;
}

/** A Chromium that ends with the test. */
export async function launchChromium(t: Test): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });
  t.teardown(() => browser.close());
  return browser;
}

/** A page of its own storage, and everything that it said and asked for. */
export interface WatchedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors and warnings of the console and exceptions that nobody caught, the page's policy included. */
  readonly complaints: string[];
  /** Every URL asked for, workers' included. */
  readonly urls: string[];
}

/** Opens an empty page that is watched from its beginning. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext(options);
  const complaints: string[] = [];
  const urls: string[] = [];
  context.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  context.on("weberror", (error) => complaints.push(error.error().message));
  context.on("request", (request) => urls.push(request.url()));
  const page = await context.newPage();
  return { page, context, complaints, urls };
}
