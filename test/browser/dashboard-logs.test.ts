import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPostgres } from "@vaultproof/db/postgres";
import { verifyLog } from "@vaultproof/sdk";
import type { Locator, Page } from "playwright-core";
import t from "tap";
import { chromiumSkipReason, launchChromium } from "../helpers/chromium.js";
import { runCommand } from "../helpers/command.js";
import { expectAccessible, openScreen, screenshot, startDashboardStage } from "../helpers/dashboard-stage.js";
import { postgresSkipReason } from "../helpers/databases.js";
import { tamper } from "../helpers/log-stage.js";
import { logTraffic, type LoggedCall } from "../helpers/logged-traffic.js";
import { openApp } from "../helpers/sdk-clients.js";

// The log in the page, against rows whose number and kind are known here: what the page says of them, and of what somebody
// who writes to the database does to them.

const skip = chromiumSkipReason() || (await postgresSkipReason());
const HOUR = 3600;
const DAY = 24 * HOUR;
const COLUMNS = ["answered", "failed", "interrupted", "refused"] as const;

void t.test("the screen Logs", { skip }, async (t) => {
  const stage = await startDashboardStage(t, { database: "postgres" });
  const browser = await launchChromium(t);
  const db = await openPostgres({ url: stage.stack.databaseUrl ?? "", max: 2 });
  t.teardown(() => db.close());
  const { page, complaints } = await stage.openDashboard(browser, { acceptDownloads: true });
  const now = Math.floor(Date.now() / 1000);
  const twoDaysAgo = now - (now % DAY) - 2 * DAY;
  const others: Record<"long" | "quiet", string> = { long: "", quiet: "" };
  const { keySlotId, bundles, vault } = await stage.restoreDeveloper(page, {
    label: "busy key",
    before: async (vault) => {
      for (const name of ["long", "quiet"] as const) {
        const { apiKey, provider, baseUrl } = { ...OPENAI, apiKey: `sk-${name}-${"x".repeat(24)}` };
        const stored = await vault.keys.store({
          apiKey,
          provider,
          baseUrl,
          label: `${name} key`,
          apps: ["a"],
        });
        others[name] = stored.keySlotId;
      }
    },
  });
  const slot = { id: keySlotId, developerId: vault.developerId };
  const logged = [
    ...(await logTraffic(db, slot, times(twoDaysAgo + HOUR, 100, 600))),
    ...(await logTraffic(db, slot, times(now - 5 * HOUR, 20, 900))),
  ];
  const app = await openApp(t, { url: stage.url, bundle: bundles["my-app"] ?? "" });
  await (await app.fetch("/v1/models?not=logged")).text();
  await (await app.fetch("/v1/models")).text();
  const all = [...logged, ...Array.from({ length: 2 }, () => ({ column: "answered", at: now }) as const)];
  const entries = page.getByRole("table", { name: /^Calls on/ });

  await t.test("pages through all rows, newest first", async (t) => {
    await openScreen(page, "Logs");
    await page.getByText("Rows 1 to 50 of 122, newest first.").waitFor();
    const seen = await column(entries, "Row");
    for (const rows of ["Rows 51 to 100", "Rows 101 to 122"]) {
      await page.getByRole("button", { name: "Older" }).click();
      await page.getByText(`${rows} of 122, newest first.`).waitFor();
      seen.push(...(await column(entries, "Row")));
    }
    t.same(
      seen,
      Array.from({ length: 122 }, (_, n) => String(122 - n)),
    );
    t.equal(await page.getByRole("button", { name: "Older" }).isDisabled(), true);
    t.match((await column(entries, "Time")).at(-1), utc(twoDaysAgo + HOUR));
    await page.getByRole("button", { name: "Newer" }).click();
    await page.getByText("Rows 51 to 100 of 122").waitFor();
  });

  await t.test("filters the whole log, not the page", async (t) => {
    const refused = logged.filter(({ column }) => column === "refused");
    await page.getByLabel("Outcome", { exact: true }).selectOption({ label: "Refused" });
    await page.getByText(`${refused.length} entries match; all 122 rows of the log were searched.`).waitFor();
    t.same(await column(entries, "Call"), paths(refused));
    t.match((await column(entries, "Outcome"))[0], /Refused 403.*The proof was used before/s);

    await page.getByLabel("App", { exact: true }).selectOption({ label: "billing" });
    const billed = refused.filter(({ entry }) => entry.appId === "billing");
    await page.getByText(`${billed.length} entries match; all 122`).waitFor();
    t.same(await column(entries, "Call"), paths(billed));

    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.getByLabel("Status", { exact: true }).selectOption({ label: "5xx" });
    const late = logged.filter(({ entry }) => entry.statusCode >= 500);
    await page.getByText(`${late.length} entries match; all 122`).waitFor();
    t.same(await column(entries, "Call"), paths(late));

    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.getByLabel("Text", { exact: true }).fill("THINGS/10");
    const named = logged.filter(({ entry }) => entry.endpoint.includes("things/10"));
    await page.getByText(`${named.length} entries match; all 122`).waitFor();
    t.same(await column(entries, "Call"), paths(named));
    await page.getByLabel("Text", { exact: true }).fill("nothing of the kind");
    await page.getByText("No entry matches", { exact: true }).waitFor();

    await page.getByRole("button", { name: "Clear filters" }).first().click();
    await page.getByLabel("Time", { exact: true }).selectOption({ label: "Last 24 hours" });
    await page.getByText(/^22 entries match/).waitFor();
    t.same((await column(entries, "Call")).slice(2), paths(logged.slice(100)));

    await page.getByRole("button", { name: "Clear filters" }).click();
    await page.getByLabel("App", { exact: true }).selectOption({ label: "my-app" });
    const most = logged.filter(({ entry }) => entry.appId === "my-app");
    await page.getByRole("button", { name: "Older" }).click();
    await page.getByText(`${most.length + 2} entries match; all 122`).waitFor();
    await page.getByText("Page 2", { exact: true }).waitFor();
    t.same(await column(entries, "Call"), paths(most).slice(48));
    await page.getByRole("button", { name: "Clear filters" }).click();
  });

  await t.test("counts in the chart's table what was called", async (t) => {
    await page.getByRole("img", { name: /^122 calls in 30 days/ }).waitFor();
    const table = page.getByRole("region", { name: "Calls and latency" }).locator("table");
    const days = await cells(table);
    t.equal(days.length, 30);
    const today = now - (now % DAY);
    days.forEach((day, n) => {
      const within = all.filter(({ at }) => at >= today - n * DAY && at < today - (n - 1) * DAY);
      t.same(day.slice(1, 6), countsOf(within), day[0] ?? "");
    });
    await page.getByLabel("Show", { exact: true }).selectOption("key-24");
    await page.getByRole("img", { name: /^22 calls in 24 hours/ }).waitFor();
    const hours = await cells(table);
    t.equal(hours.length, 24);
    const thisHour = now - (now % HOUR);
    hours.forEach((hour, n) => {
      const begin = thisHour - n * HOUR;
      const within = all.filter(({ at }) => at >= begin && at < begin + HOUR);
      t.same(hour.slice(1, 6), countsOf(within), hour[0] ?? "");
      if (n > 0) t.equal(hour[6], medianOf(logged, begin), `median of ${hour[0] ?? ""}`);
    });
    t.ok(await page.locator(".log-plots canvas").first().isVisible());
  });

  await t.test("downloads what the server signed, byte for byte", async (t) => {
    const whole = await vault.keys.exportLogs(keySlotId);
    const folder = await mkdtemp(join(tmpdir(), "vaultproof-page-export-"));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const [csv] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download CSV" }).click(),
    ]);
    t.match(
      csv.suggestedFilename(),
      new RegExp(`^vaultproof-calls-${keySlotId.slice(0, 8)}-\\d{4}-\\d\\d-\\d\\d-row-122\\.csv$`),
    );
    const [heads] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download its signed head" }).click(),
    ]);
    const file = join(folder, csv.suggestedFilename());
    await csv.saveAs(file);
    await heads.saveAs(join(folder, heads.suggestedFilename()));
    const bytes = await readFile(file);
    t.ok(bytes.equals(Buffer.from(whole.csv)), "the same bytes");
    const told = runCommand(["audit", "verify", file, "--server-identity", stage.stack.identity]);
    t.equal(await told.exited, 0, told.stdout + told.stderr);
    t.match(told.stdout + told.stderr, "122 rows, up to row 122");
    const { head } = JSON.parse(await readFile(`${file}.head.json`, "utf8")) as { head: unknown };
    const changed = bytes.toString().replace("/v1/things/7,", "/v1/things/8,");
    t.match(verifyLog({ csv: changed, head, serverIdentity: stage.stack.identity }), { ok: false, seq: 7 });
    await writeFile(file, changed);
    t.equal(await runCommand(["audit", "verify", file]).exited, 1);
  });

  await t.test("verifies the chain and shows by what", async (t) => {
    const { head } = await vault.keys.exportLogs(keySlotId);
    const card = await verify(page);
    t.match(await card.innerText(), /The chain is intact/);
    t.match(await card.innerText(), /122 rows, 1 to 122/);
    t.match(await card.locator("dl").innerText(), head.hash);
    t.match(await card.locator("dl").innerText(), stage.stack.identity);
    await db.execute(`CREATE TABLE kept AS SELECT * FROM log_chains WHERE chain = 'slot:${keySlotId}'`);
    await expectAccessible(page);
    await screenshot(page, "dashboard-logs-chain");
    await page.evaluate("scrollTo(0, 0)");
    await screenshot(page, "dashboard-logs");
  });

  await t.test("shows what was managed, and a key without calls", async (t) => {
    await page.getByLabel("Log", { exact: true }).selectOption("managed");
    const acts = page.getByRole("table", { name: /^What you managed/ });
    await acts.waitFor();
    const outcomes = await column(acts, "Outcome");
    t.match(outcomes.at(-1), /Developer registered/);
    t.equal(outcomes.filter((text) => text.includes("Key stored")).length, 3);
    t.match(await (await verify(page)).innerText(), /The chain is intact/);
    await page.getByLabel("Log", { exact: true }).selectOption(others.quiet);
    await page.getByRole("heading", { name: "No calls yet" }).waitFor();
    t.equal(
      await page.getByRole("link", { name: "Send one in the playground" }).getAttribute("href"),
      "#/playground",
    );
    t.match(await (await verify(page)).innerText(), /It has no rows yet/);
    await expectAccessible(page);
  });

  await t.test("says how much of a long log was searched", async (t) => {
    await logTraffic(db, { ...slot, id: others.long }, times(now - HOUR, 2_150, 1));
    await page.getByLabel("Log", { exact: true }).selectOption(others.long);
    await page.getByText("Rows 1 to 50 of 2,150, newest first.").waitFor();
    await page.getByLabel("Text", { exact: true }).fill("user-0");
    await page.getByText("0 entries match in the newest 2,000 of 2,150 rows.").waitFor();
    t.equal(await page.getByText("No entry matches", { exact: true }).count(), 0);
    await page.getByText("No entry matches so far").waitFor();
    await page.getByRole("button", { name: "Search further" }).click();
    await page.getByText("1 entry matches; all 2,150 rows of the log were searched.").waitFor();
    const found = page.getByRole("table", { name: /^Calls on/ });
    t.same(await column(found, "Row"), ["1"]);
  });

  await t.test("follows what comes, as long as somebody can see it", async (t) => {
    await page.getByLabel("Log", { exact: true }).selectOption(keySlotId);
    await page.getByText("Rows 1 to 50 of 122").waitFor();
    await page.getByLabel("Refresh entries and figures every 5 seconds").check();
    await logTraffic(db, slot, [now]);
    await page.getByText("Rows 1 to 50 of 123").waitFor();
    await setVisibility(page, "hidden");
    await logTraffic(db, slot, [now]);
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    t.same(asked, [], "nothing is asked for while nobody sees it");
    await setVisibility(page, "visible");
    await page.getByText("Rows 1 to 50 of 124").waitFor();
    await page.getByLabel("Refresh entries and figures every 5 seconds").uncheck();
  });

  await t.test("names the row that somebody changed in the database", async (t) => {
    const chain = `slot:${keySlotId}`;
    await tamper(db, `UPDATE call_log SET outcome = 'answered' WHERE chain = '${chain}' AND seq = 9`);
    const changed = await (await verify(page)).innerText();
    t.match(changed, /Row 9 does not hold/);
    t.match(changed, /This row is not as it was written\./);
    t.notMatch(changed, /intact\n/);
    await tamper(db, `DELETE FROM call_log WHERE chain = '${chain}' AND seq = 100`);
    await page.getByRole("button", { name: "Refresh", exact: true }).click();
    await page.getByText("A row is missing here").waitFor();
    await screenshot(page, "dashboard-logs-tampered");
    await tamper(
      db,
      `DELETE FROM call_log WHERE chain = '${chain}' AND seq > 122`,
      `DELETE FROM log_chains WHERE chain = '${chain}'`,
      "INSERT INTO log_chains SELECT * FROM kept",
    );
    t.match(
      await (await verify(page)).innerText(),
      /set back or rewritten: this device has seen it reach to row 124/,
    );
  });

  t.same(complaints, []);
});

const OPENAI = { provider: "openai", baseUrl: undefined } as const;

/** Presses the button and waits for the verdict. */
async function verify(page: Page): Promise<Locator> {
  const card = page.getByRole("region", { name: "Audit chain" });
  await card.getByRole("button", { name: "Verify the chain" }).click();
  await card.locator(".notice").waitFor();
  return card;
}

function times(first: number, count: number, step: number): number[] {
  return Array.from({ length: count }, (_, n) => first + n * step);
}

/** Texts of one column. */
async function column(table: Locator, name: string): Promise<string[]> {
  const texts = await table.locator(`td[data-column="${name}"]`).allInnerTexts();
  return texts.map((text) => text.trim());
}

/** Texts of all cells below the heading. */
async function cells(table: Locator): Promise<string[][]> {
  const width = await table.locator("thead th").count();
  const texts = await table.locator("tbody :is(th, td)").allTextContents();
  return Array.from({ length: texts.length / width }, (_, n) => texts.slice(n * width, (n + 1) * width));
}

/** What the column of calls says of them, newest first. */
function paths(calls: readonly LoggedCall[]): string[] {
  return calls.map(({ entry }) => `${entry.method} ${entry.endpoint}`).reverse();
}

/** All calls, and those of each kind, as cells. */
function countsOf(calls: readonly Pick<LoggedCall, "column">[]): string[] {
  const kinds = COLUMNS.map((kind) => calls.filter(({ column }) => column === kind).length);
  return [calls.length, ...kinds].map(String);
}

/** Of calls that a provider answered, within an hour. */
function medianOf(calls: readonly LoggedCall[], begin: number): string {
  const took = calls
    .filter(({ at, column }) => at >= begin && at < begin + HOUR && ["answered", "failed"].includes(column))
    .map(({ entry }) => entry.latencyMs)
    .sort((a, b) => a - b);
  const median = took[Math.ceil(took.length / 2) - 1];
  return median === undefined ? "–" : `${median} ms`;
}

function utc(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** As a browser says it when its window is covered. */
async function setVisibility(page: Page, state: "hidden" | "visible"): Promise<void> {
  await page.evaluate(`
    Object.defineProperty(document, "visibilityState", { value: "${state}", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  `);
}
