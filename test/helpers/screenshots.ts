import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 844 };

/**
 * Fails where the page scrolls sideways at 390 pixels. Where the environment variable SCREENSHOTS names a folder, writes
 * `<name>-light.png`, `<name>-dark.png` and `<name>-narrow.png` into it.
 */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  // Colours on their way from one scheme to the other are neither.
  await page.emulateMedia({ reducedMotion: "reduce" });
  const before = page.viewportSize() ?? WIDE;
  if (folder !== undefined) {
    await mkdir(folder, { recursive: true });
    await page.setViewportSize(WIDE);
    for (const colorScheme of ["light", "dark"] as const) {
      // Colours on their way from one scheme to the other are neither.
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await take(page, join(folder, `${name}-${colorScheme}.png`));
    }
    await page.emulateMedia({ colorScheme: null, reducedMotion: "reduce" });
  }
  await page.setViewportSize(NARROW);
  try {
    const width = await page.evaluate<number>("document.documentElement.scrollWidth");
    if (width > NARROW.width) {
      throw new Error(`${name} is ${width} pixels wide on a screen of 390: ${await findWide(page)}`);
    }
    if (folder !== undefined) await take(page, join(folder, `${name}-narrow.png`));
  } finally {
    await page.emulateMedia({ reducedMotion: null });
    await page.setViewportSize(before);
    await page.emulateMedia({ reducedMotion: null });
  }
}

/** With the caret as it is, because hiding it puts a style element into the page, which its policy refuses. */
async function take(page: Page, path: string): Promise<void> {
  // A new scheme is drawn with the next frame.
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  await page.screenshot({ path, caret: "initial", animations: "allow" });
}

function findWide(page: Page): Promise<string> {
  return page.evaluate<string>(
    `[...document.querySelectorAll("body *")]
      .filter((element) => element.getBoundingClientRect().right > 390.5)
      .map((element) => element.tagName.toLowerCase() + "." + element.className)
      .join(", ")`,
  );
}
