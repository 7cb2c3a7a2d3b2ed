import type { Locator, Page } from "playwright-core";

const MOST_TABS = 80;
const FIRST_CALL_MS = 60_000;

/** Goes on with the Tab key until something has the focus, as somebody without a mouse does. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let i = 0; i < MOST_TABS; i++) {
    if ((await target.and(page.locator(":focus")).count()) > 0) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not lead to ${target.toString()}`);
}

/** Writes over a field to which the Tab key leads. */
export async function tabAndType(page: Page, target: Locator, text: string): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(text);
}

/** Pastes a key as a keyboard does, so that the test itself puts nothing into the page's memory. */
export async function pasteKey(page: Page, field: Locator, key: string): Promise<void> {
  await field.focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(key);
}

/** Where the key is pasted on the screen that adds one. */
export function keyField(page: Page): Locator {
  return page.getByLabel("Key", { exact: true });
}

export function storeButton(page: Page): Locator {
  return page.getByRole("button", { name: "Store the key" });
}

/** Fills the form of a custom key; the page stands on it. */
export async function fillCustom(
  page: Page,
  fields: { readonly origin: string; readonly key: string; readonly label: string },
): Promise<void> {
  await page.getByRole("radio", { name: "Custom" }).check();
  await page.getByLabel("Base URL").fill(fields.origin);
  await page.getByLabel("Label").fill(fields.label);
  await pasteKey(page, keyField(page), fields.key);
}

/** Presses the test call's button and returns what is said of the answer. */
export async function testCall(page: Page): Promise<string> {
  const card = page.getByRole("region", { name: "Test call" });
  await card.getByRole("button", { name: "Call the provider" }).click();
  const said = card.locator(".notice");
  await said.waitFor({ timeout: FIRST_CALL_MS });
  return said.innerText();
}

/** The error that stands beside a field. */
export async function errorBeside(page: Page, label: string): Promise<string> {
  const field = page.locator(".field").filter({ has: page.getByLabel(label) });
  const error = field.locator(".field-error:not(:empty)");
  await error.waitFor();
  return error.innerText();
}

/** Agrees in the dialog that asks. */
export async function confirm(page: Page, name: string): Promise<void> {
  await page.getByRole("dialog").getByRole("button", { name, exact: true }).click();
}
