import type { Page, Worker } from "playwright-core";
import t, { type Test } from "tap";
import { importSdk } from "../helpers/browser-stage.js";
import { makeCallWitness } from "../helpers/call-witness.js";
import { chromiumSkipReason, launchChromium, openPage, type WatchedPage } from "../helpers/chromium.js";
import { openPageProver, referenceStringFiles, type PageState } from "../helpers/page-prover.js";
import { startStaticHost, type StaticHost } from "../helpers/static-host.js";

const PROOF_BYTES = 6464;
const WASM_BYTES = 4_200_000;

/** Makes so many proofs one after another and gives the bytes of each. */
const prove = (page: Page, times = 1): Promise<number[]> =>
  page.evaluate(
    async ({ witness, times }) => {
      const { prover } = globalThis as unknown as PageState;
      const sizes: number[] = [];
      for (let i = 0; i < times; i++) sizes.push((await prover.prove(witness)).proof.length);
      return sizes;
    },
    { witness: makeCallWitness(), times },
  );

void t.test("the prover of a page", { skip: chromiumSkipReason() }, async (t) => {
  const browser = await launchChromium(t);
  const held: (() => void)[] = [];
  let isHolding = false;
  const files = referenceStringFiles();
  const host = await startStaticHost(t, {
    files,
    answer: (path, response) => {
      if (!isHolding || !path.endsWith(".wasm.gz")) return false;
      held.push(() => response.destroy());
      return true;
    },
  });
  const isolated = await startStaticHost(t, { files, isolated: true });
  const open = async (t: Test, from: StaticHost = host): Promise<WatchedPage> => {
    const watched = await openPage(browser);
    t.teardown(() => watched.context.close());
    await watched.page.goto(from.origin);
    await importSdk(watched.page);
    return watched;
  };

  for (const [kind, from] of Object.entries({ plain: host, isolated })) {
    await t.test(`${kind}: tells how far it is, and leaves the page's thread alone`, async (t) => {
      const { page, complaints } = await open(t, from);
      const { threads } = await openPageProver(page);
      t.equal(threads > 1, kind === "isolated", `${threads} threads`);
      t.same(await prove(page), [PROOF_BYTES]);
      const progress = await page.evaluate(() => (globalThis as unknown as PageState).progress);
      const downloads = progress.filter(({ step }) => step === "download");
      t.same([...new Set(progress.map(({ step }) => step))], ["download", "initialise", "witness", "prove"]);
      t.ok(
        downloads.every(({ loaded = 0 }, i) => loaded >= (downloads[i - 1]?.loaded ?? 0)),
        "bytes only grow",
      );
      const last = downloads.at(-1);
      t.equal(last?.loaded, last?.total);
      t.ok((last?.total ?? Infinity) <= WASM_BYTES, `${last?.total} bytes of WebAssembly`);

      const proving = await measurePage(page, 3);
      t.ok(proving.blocked < 0.5, `blocked for ${Math.round(proving.blocked * 100)} % of the time`);
      const control = await measurePage(page, 0, 500);
      t.ok(control.blocked > 0.9, `work on the page's thread: ${Math.round(control.blocked * 100)} %`);
      t.same(complaints, []);
    });
  }

  await t.test("aborting", async (t) => {
    const { page, complaints } = await open(t);
    await openPageProver(page);
    const outcome = await page.evaluate(async (witness) => {
      const { prover } = globalThis as unknown as PageState;
      const reason = (signal: AbortSignal): Promise<string> =>
        prover.prove(witness, { signal }).then(
          () => "proved",
          (error: unknown) => (error as Error).name,
        );
      const [running, queued] = [new AbortController(), new AbortController()];
      const order: string[] = [];
      const first = reason(running.signal).then((it) => order.push(`running ${it}`));
      const second = reason(queued.signal).then((it) => order.push(`queued ${it}`));
      const third = prover.prove(witness).then(({ proof }) => order.push(`next ${proof.length}`));
      queued.abort();
      await second;
      running.abort();
      await Promise.all([first, third]);
      return { order, before: await reason(AbortSignal.abort()) };
    }, makeCallWitness());
    t.same(outcome, {
      order: ["queued AbortError", "running AbortError", `next ${PROOF_BYTES}`],
      before: "AbortError",
    });
    t.same(complaints, []);
  });

  await t.test("aborting a download ends it, and loading again works", async (t) => {
    const { page } = await open(t);
    isHolding = true;
    const gone = nextWorker(page).then((worker) => new Promise((resolve) => worker.once("close", resolve)));
    const name = await page.evaluate(async () => {
      const { sdk } = globalThis as unknown as PageState;
      const aborting = new AbortController();
      const loading = sdk.createBrowserProver({
        service: (globalThis as unknown as { origin: string }).origin,
        signal: aborting.signal,
      });
      setTimeout(() => aborting.abort(), 300);
      return loading.catch((error: unknown) => (error as Error).name);
    });
    isHolding = false;
    t.equal(name, "AbortError");
    await gone;
    for (const release of held.splice(0)) release();
    await openPageProver(page);
    t.same(await prove(page), [PROOF_BYTES]);
  });

  await t.test("closing ends the worker whatever it does", async (t) => {
    const { page } = await open(t);
    const started = nextWorker(page);
    await openPageProver(page);
    const ended = (await started).waitForEvent("close");
    const codes = await page.evaluate(async (witness) => {
      const { prover } = globalThis as unknown as PageState;
      const codeOf = (error: { code: string }): string => error.code;
      const jobs = [1, 2].map(() => prover.prove(witness).then(() => "proved", codeOf));
      await prover.close();
      return [...(await Promise.all(jobs)), await prover.prove(witness).then(() => "proved", codeOf)];
    }, makeCallWitness());
    t.same(codes, ["prover-failed", "closed", "closed"]);
    await ended;
    t.equal(page.workers().length, 0);
  });

  await t.test("a worker that dies is replaced", async (t) => {
    const { page } = await open(t);
    const started = nextWorker(page);
    await openPageProver(page);
    const worker = await started;
    const dead = worker.waitForEvent("close");
    await worker.evaluate(() => (globalThis as unknown as { close(): void }).close()).catch(() => undefined);
    await dead;
    const next = nextWorker(page);
    t.same(await prove(page), [PROOF_BYTES]);
    t.not(await next, worker);
  });

  await t.test(
    "a reference string that is not the ceremony's is refused before anything is started",
    async (t) => {
      const false1 = Uint8Array.from(files["/.well-known/vaultproof/crs/g1"] ?? []);
      false1[70] = (false1[70] ?? 0) ^ 1;
      const liar = await startStaticHost(t, {
        files: { ...files, "/.well-known/vaultproof/crs/g1": false1 },
      });
      const { page } = await open(t, liar);
      await t.rejects(openPageProver(page), { message: /reference string was not found.*wrong SHA-256/ });
      t.equal(page.workers().length, 0);
      t.notOk(liar.requests.some(({ path }) => path.endsWith(".wasm.gz")));
    },
  );

  await t.test("loading ahead", async (t) => {
    const { page } = await open(t);
    const workers: Worker[] = [];
    page.on("worker", (worker) => workers.push(worker));
    const result = await page.evaluate(async () => {
      const { sdk } = globalThis as unknown as PageState;
      const steps: string[] = [];
      const left = new AbortController();
      const leaving = sdk.warmUp({ signal: left.signal }).catch((error: unknown) => (error as Error).name);
      const staying = sdk.warmUp({ onProgress: ({ step }) => steps.push(step) });
      left.abort();
      const [name, prover] = [await leaving, await staying];
      const again = await sdk.warmUp();
      await prover.close();
      const fresh = await sdk.warmUp();
      await fresh.close();
      return { name, same: prover === again, fresh: fresh !== prover, steps: [...new Set(steps)] };
    });
    t.same(result, { name: "AbortError", same: true, fresh: true, steps: ["download", "initialise"] });
    t.equal(workers.length, 2, "one while it was shared, one after it was closed");
  });
});

function nextWorker(page: Page): Promise<Worker> {
  return page.waitForEvent("worker");
}

/** A task of the page's thread that takes longer, in milliseconds, has cost a frame even on a machine that is busy. */
const LONG_TASK = 50;

/**
 * Makes proofs, or blocks the page's thread for so many milliseconds, and gives the part of the time for which the thread
 * took no other task.
 */
async function measurePage(page: Page, proofs: number, block = 0): Promise<{ readonly blocked: number }> {
  return page.evaluate(
    async ({ witness, proofs, block, longTask }) => {
      const { prover } = globalThis as unknown as PageState;
      let [last, blocked, isOver] = [performance.now(), 0, false];
      const look = (): void => {
        const gap = performance.now() - last;
        last += gap;
        if (gap > longTask) blocked += gap;
      };
      const watching = (async () => {
        while (!isOver) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          look();
        }
      })();
      const began = performance.now();
      for (let i = 0; i < proofs; i++) await prover.prove(witness);
      while (performance.now() - began < block);
      isOver = true;
      await watching;
      return { blocked: blocked / (performance.now() - began) };
    },
    { witness: makeCallWitness(), proofs, block, longTask: LONG_TASK },
  );
}
