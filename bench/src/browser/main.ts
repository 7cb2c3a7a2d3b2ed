import { readdirSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium, type Browser } from "playwright-core";
import { describeMachine } from "../machine/describe-machine.js";
import { openProvingMaterial, type ProvingMaterial } from "../proofs/reference-string.js";
import { figure, judged, table } from "../table.js";
import { buildBarePage } from "./bare-page.js";
import { measurePage, type PageProvingFigures } from "./measure-page.js";
import { startPageHost } from "./page-host.js";

// `npm run bench:browser`: warm proofs in a page, by the SDK's bundle as shipped against bb.js called bare in the same page.

const EXECUTABLE = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const PAGE = new URL("../../../docs/benchmarks.md", import.meta.url);
const BEGIN = "<!-- browser figures: written by npm run bench:browser -->";
const END = "<!-- end of browser figures -->";
const ROUNDS = 40;
const QUICK_ROUNDS = 2;
const CRS = "/.well-known/vaultproof/crs";

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const before = loadavg();
const material = await openProvingMaterial();
const browser = await chromium.launch({
  executablePath: EXECUTABLE,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});
try {
  const files = await filesOf(material);
  const figures: PageProvingFigures[] = [];
  for (const isolated of [true, false]) {
    figures.push(await measure(browser, { files, isolated, rounds: values.quick ? QUICK_ROUNDS : ROUNDS }));
  }
  const report = formatFigures(figures, browser.version());
  console.log(report);
  if (!values.quick) await writeReport(report);
} finally {
  await browser.close();
  await material.dispose();
}

async function filesOf({ referenceString }: ProvingMaterial): Promise<ReadonlyMap<string, Uint8Array>> {
  const bundle = dirname(fileURLToPath(import.meta.resolve("@vaultproof/sdk/browser-bundle/manifest.json")));
  const page = "<!doctype html><html lang='en'><title>bench</title></html>";
  return new Map<string, Uint8Array>([
    ["/index.html", Buffer.from(page)],
    [`${CRS}/g1`, referenceString.g1],
    [`${CRS}/g2`, referenceString.g2],
    ...readdirSync(bundle).map((name) => [`/sdk/${name}`, readFileSync(join(bundle, name))] as const),
    ...Object.entries(await buildBarePage()),
  ]);
}

async function measure(
  browser: Browser,
  { rounds, ...served }: Parameters<typeof startPageHost>[0] & { readonly rounds: number },
): Promise<PageProvingFigures> {
  const host = await startPageHost(served);
  const page = await browser.newPage();
  try {
    await page.goto(host.origin);
    return await measurePage(page, rounds);
  } finally {
    await page.close();
    await host.close();
  }
}

function formatFigures(figures: readonly PageProvingFigures[], version: string): string {
  const { cpu, cores } = describeMachine();
  const load = [before, loadavg()].map((three) => three.map((one) => one.toFixed(2)).join(", "));
  const run = `${new Date().toISOString()}, Chromium ${version}, ${cpu}, ${cores} cores; load average ${load.join(" before, ")} after.`;
  const head = [
    "page",
    "threads",
    "SDK, ms",
    "bare bb.js, ms",
    "SDK / bare (goal ≤ 1.15)",
    "long tasks",
    "proofs",
  ];
  const rows = figures.map(({ isolated, threads, sdk, bare, ratio, longTasks }) => [
    isolated ? "isolated" : "not isolated",
    String(threads),
    figure(sdk.median),
    figure(bare.median),
    judged(ratio, { atMost: 1.15 }),
    String(longTasks),
    String(sdk.count),
  ]);
  return `${run}\n\n${table(head, rows)}`;
}

async function writeReport(report: string): Promise<void> {
  const page = await readFile(PAGE, "utf8");
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin)
    throw new Error(`docs/benchmarks.md has no place for figures: ${BEGIN} … ${END}`);
  await writeFile(PAGE, `${page.slice(0, begin + BEGIN.length)}\n\n${report}\n\n${page.slice(end)}`);
}
