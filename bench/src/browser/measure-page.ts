import type { BrowserProver, CallWitness, createBrowserProver } from "@vaultproof/sdk/browser";
import type { Page } from "playwright-core";
import { randomWitness, toNoirInputs } from "../proofs/random-witness.js";
import { distribution, type Distribution } from "../statistics.js";

/** One warm proof in a page, from its inputs to its bytes, in milliseconds. */
export interface PageProvingFigures {
  readonly isolated: boolean;
  readonly threads: number;
  readonly sdk: Distribution;
  /** bb.js and noir_js by hand, with as many threads. */
  readonly bare: Distribution;
  /** Medians, SDK over bare; 1.15 is the goal. */
  readonly ratio: number;
  /** Times that the page's thread was busy for more than 50 ms while the SDK proved. */
  readonly longTasks: number;
}

interface Inputs {
  readonly witness: CallWitness;
  readonly inputs: Record<string, string | string[]>;
}

/** What the page keeps between two looks. */
interface PageState {
  readonly origin: string;
  sdk: BrowserProver;
  bare: (inputs: Inputs["inputs"]) => Promise<void>;
}

/** Has the two prove in turns in one page; the first round warms up and does not count. */
export async function measurePage(page: Page, rounds: number): Promise<PageProvingFigures> {
  const opened = await openProvers(page);
  const times = { sdk: [] as number[], bare: [] as number[] };
  let longTasks = 0;
  for (let round = 0; round <= rounds; round++) {
    const witness = randomWitness();
    const made = await proveBoth(page, { witness, inputs: toNoirInputs(witness) }, round % 2 === 0);
    if (round === 0) continue;
    times.sdk.push(made.sdk);
    times.bare.push(made.bare);
    longTasks += made.longTasks;
  }
  const [sdk, bare] = [distribution(times.sdk), distribution(times.bare)];
  return { ...opened, sdk, bare, ratio: sdk.median / bare.median, longTasks };
}

function openProvers(page: Page): Promise<{ isolated: boolean; threads: number }> {
  return page.evaluate(async () => {
    const state = globalThis as unknown as PageState & { readonly crossOriginIsolated: boolean };
    const load = async (path: string): Promise<never> => (await import(path)) as never;
    const sdk: { createBrowserProver: typeof createBrowserProver } = await load("/sdk/vaultproof.js");
    state.sdk = await sdk.createBrowserProver({ service: state.origin });
    const { threads } = state.sdk;
    const bare: { openBareProver(options: object): Promise<PageState["bare"]> } = await load("/bare/bare.js");
    const crs = "/.well-known/vaultproof/crs";
    state.bare = await bare.openBareProver({ g1: `${crs}/g1`, g2: `${crs}/g2`, threads });
    return { isolated: state.crossOriginIsolated, threads };
  });
}

function proveBoth(
  page: Page,
  work: Inputs,
  sdkFirst: boolean,
): Promise<{ sdk: number; bare: number; longTasks: number }> {
  return page.evaluate(
    async ({ work, sdkFirst }) => {
      const state = globalThis as unknown as PageState;
      const made = { sdk: 0, bare: 0, longTasks: 0 };
      const timed = async (prove: () => Promise<unknown>): Promise<number> => {
        const began = performance.now();
        await prove();
        return performance.now() - began;
      };
      const runSdk = async (): Promise<void> => {
        const seen = new PerformanceObserver((list) => (made.longTasks += list.getEntries().length));
        seen.observe({ entryTypes: ["longtask" as never] });
        made.sdk = await timed(() => state.sdk.prove(work.witness));
        // Entries are handed out a task later.
        await new Promise((resolve) => setTimeout(resolve, 50));
        seen.disconnect();
      };
      if (sdkFirst) await runSdk();
      made.bare = await timed(() => state.bare(work.inputs));
      if (!sdkFirst) await runSdk();
      return made;
    },
    { work, sdkFirst },
  );
}
