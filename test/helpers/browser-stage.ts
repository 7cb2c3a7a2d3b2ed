import type { Page } from "playwright-core";
import type { Test } from "tap";
import { openVault, storeProviderKey } from "./sdk-clients.js";
import { startStack, type Stack } from "./stack.js";
import { startStaticHost, type StaticHost, type StaticHostOptions } from "./static-host.js";

/** The real stack, and two hosts of pages on other origins that may call it: one isolated, one not. */
export interface BrowserStage {
  readonly stack: Stack;
  readonly plain: StaticHost;
  readonly isolated: StaticHost;
  /** `vpb_…` of an app of a slot whose key is the stack's provider's. */
  readonly bundle: string;
}

/** Starts everything; it ends with the test. */
export async function startBrowserStage(
  t: Test,
  files: StaticHostOptions["files"] = {},
): Promise<BrowserStage> {
  const stack = await startStack();
  t.teardown(() => stack.close());
  // The edge must know the hosts, and the hosts' policy the edge: a port that is free now stands in for both.
  const origins: string[] = [];
  const connect: string[] = [];
  const [plain, isolated] = await Promise.all([
    startStaticHost(t, { files, connect, isolated: false }),
    startStaticHost(t, { files, connect, isolated: true }),
  ]);
  origins.push(plain.origin, isolated.origin);
  const [server] = stack.servers;
  const edge = await stack.startEdge(server?.url ?? "", { CORS_ORIGINS: origins.join(",") });
  connect.push(edge.url);
  const vault = await openVault(t, stack);
  const { bundles } = await storeProviderKey(vault, stack, ["page"]);
  return { stack: { ...stack, edgeUrl: edge.url }, plain, isolated, bundle: bundles[0] ?? "" };
}

/** Runs in the page: the SDK as its bundle exports it. */
export async function importSdk(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const path = "/sdk/vaultproof.js";
    Object.assign(globalThis, { sdk: (await import(path)) as unknown });
  });
}
