import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const GRAVE = ["serious", "critical"];

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly help: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[];
}

/**
 * Fails where axe-core finds anything serious or critical on the page as it is now, in light and in dark. axe comes in through
 * the debugger, which the page's policy does not bind.
 */
export async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    // Colours on their way from one scheme to the other are neither.
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // The shortest transition has its end on the next frame only.
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
    const grave = (await findViolations(page)).filter(({ impact }) => GRAVE.includes(impact ?? ""));
    if (grave.length > 0) throw new Error(`axe-core, ${colorScheme}:\n${grave.map(describe).join("\n")}`);
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
}

async function findViolations(page: Page): Promise<readonly Violation[]> {
  const isLoaded = await page.evaluate<boolean>("typeof axe === 'object'");
  if (!isLoaded) await page.evaluate(AXE);
  return page.evaluate<readonly Violation[]>(
    "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)",
  );
}

function describe({ id, impact, help, nodes }: Violation): string {
  const places = nodes.map(({ target, failureSummary = "" }) => `  ${target.join(" ")}: ${failureSummary}`);
  return [`${impact ?? ""} ${id}: ${help}`, ...places].join("\n");
}
