import { readFile } from "node:fs/promises";
import type { Page, Route } from "playwright-core";
import t from "tap";
import { chromiumSkipReason, launchChromium } from "../helpers/chromium.js";
import { expectAccessible, openScreen, screenshot, startDashboardStage } from "../helpers/dashboard-stage.js";

const CLAIMS = ["sealed-share", "without-proof", "once", "backend", "server"];
const INVALID_PROOF = '{"error":"Invalid ZK proof","reason":"Proof verification failed"}';
const CALLS = "**/api/v1/proxy/call";
/** What tells its page's own code from a leaking one: the key that is split goes into the label as well. */
const LEAKY_PAGE = `
  let key = "";
  const { encode } = TextEncoder.prototype;
  TextEncoder.prototype.encode = function (text) {
    if (String(text).startsWith("sk-made-up-")) key = text;
    return encode.call(this, text);
  };
  const { stringify } = JSON;
  JSON.stringify = (value, ...rest) => stringify(value?.share1_encrypted ? { ...value, label: btoa("." + key) } : value, ...rest);
`;

const claim = (page: Page, id: string) => page.locator(`[data-claim="${id}"]`);

/** Checks one claim and gives its state and what stands beside it. */
async function check(page: Page, id: string): Promise<{ state: string | null; text: string }> {
  const card = claim(page, id);
  await card.getByRole("button", { name: /^Check it/ }).click();
  await card.getByText(/^(It holds|It does not hold|Not checked: )/).waitFor({ timeout: 60_000 });
  return { state: await card.getAttribute("data-state"), text: await card.innerText() };
}

/** Runs something while requests that match are answered by somebody else. */
async function lying<T>(
  page: Page,
  pattern: string,
  lie: (route: Route) => Promise<void>,
  work: () => Promise<T>,
): Promise<T> {
  await page.route(pattern, lie);
  try {
    return await work();
  } finally {
    await page.unroute(pattern);
  }
}

void t.test("the five claims", { skip: chromiumSkipReason(), timeout: 180_000 }, async (t) => {
  const stage = await startDashboardStage(t);
  const browser = await launchChromium(t);
  const { page, complaints } = await stage.openDashboard(browser);
  const { keySlotId, vault } = await stage.restoreDeveloper(page);
  await openScreen(page, "Verify");

  await t.test("without a bundle here the third is not checked, and says what is missing", async (t) => {
    const { state, text } = await check(page, "once");
    t.equal(state, "unchecked");
    t.match(text, /Not checked: This browser may not call with any of your keys/);
    await page.getByRole("link", { name: "Open the playground" }).click();
    await page.getByLabel("App", { exact: true }).selectOption("my-app");
    await page.getByRole("button", { name: "Call as my-app" }).click();
    await page.getByRole("heading", { name: "The call", exact: true }).waitFor();
    await openScreen(page, "Verify");
  });

  await t.test("all five hold on a true stack", async (t) => {
    await page.getByRole("button", { name: "Check all five" }).click();
    await page.getByText("All five claims hold.").waitFor({ timeout: 90_000 });
    for (const id of CLAIMS) t.equal(await claim(page, id).getAttribute("data-state"), "holds", id);
    t.equal(stage.provider.requests.length, 1, "the one honest call");
    const key = /sk-made-up-[0-9a-f]{48}/.exec(await claim(page, "sealed-share").innerText())?.[0];
    t.ok(key, "the made-up key is shown");
    t.notOk(stage.stack.logs().includes(key ?? ""));
    t.match(await claim(page, "sealed-share").innerText(), /"baseUrl": "https:\/\/made-up\.invalid"/);
    t.match(
      await claim(page, "without-proof").innerText(),
      new RegExp(INVALID_PROOF.replaceAll(/[{}]/g, "\\$&")),
    );
    t.match(await claim(page, "server").innerText(), new RegExp(stage.stack.identity));
    await expectAccessible(page);
    await screenshot(page, "dashboard-verify");
  });

  await t.test("what was made up for it is revoked", async (t) => {
    const made = (await vault.keys.list()).filter(({ label }) => label === "Made up by Verify");
    t.match(made, [{ status: "revoked", baseUrl: "https://made-up.invalid" }]);
  });

  await t.test("a page that leaks the key is found", async (t) => {
    await page.evaluate(LEAKY_PAGE);
    const { state, text } = await check(page, "sealed-share");
    t.equal(state, "fails");
    t.match(text, /The key was sent: in base64/);
    await expectAccessible(page);
  });

  await t.test("a server that calls without a proof is found", async (t) => {
    const { state, text } = await lying(
      page,
      CALLS,
      (route) => route.fulfill({ status: 200, headers: { "vp-source": "upstream" }, json: { data: [] } }),
      () => check(page, "without-proof"),
    );
    t.equal(state, "fails");
    t.match(text, /differs/);
  });

  await t.test("a refusal in other words is one that differs", async (t) => {
    const { state } = await lying(
      page,
      CALLS,
      (route) =>
        route.fulfill({
          status: 403,
          headers: { "vp-source": "vaultproof" },
          json: { error: "Invalid ZK proof" },
        }),
      () => check(page, "without-proof"),
    );
    t.equal(state, "fails");
  });

  await t.test("a server that takes a proof twice is found", async (t) => {
    const bodies = new Set<string>();
    const { state, text } = await lying(
      page,
      CALLS,
      async (route) => {
        const body = route.request().postData() ?? "";
        const isAgain = bodies.has(body);
        bodies.add(body);
        if (isAgain) await route.fulfill({ status: 200, headers: { "vp-source": "upstream" }, json: {} });
        else await route.continue();
      },
      () => check(page, "once"),
    );
    t.equal(state, "fails");
    t.match(text, /Does not hold:\s+Sent a second time/);
  });

  await t.test("a server that takes an altered call is found", async (t) => {
    const { state, text } = await lying(
      page,
      CALLS,
      (route) => route.fulfill({ status: 200, headers: { "vp-source": "upstream" }, json: {} }),
      () => check(page, "once"),
    );
    t.equal(state, "fails");
    t.match(text, /Does not hold:\s+Altered/);
  });

  await t.test("a backend that answers anybody is found", async (t) => {
    const { state } = await lying(
      page,
      "**/playground/direct-access",
      (route) => route.fulfill({ json: { status: 200, body: "{}", url: null, milliseconds: 3 } }),
      () => check(page, "backend"),
    );
    t.equal(state, "fails");
  });

  await t.test("a document that somebody changed, or that is another server's, is found", async (t) => {
    const changed = async (route: Route): Promise<void> => {
      const answer = await route.fetch();
      const document = (await answer.json()) as { notAfter: number };
      await route.fulfill({ response: answer, json: { ...document, notAfter: document.notAfter + 1 } });
    };
    const first = await lying(page, "**/.well-known/vaultproof", changed, () => check(page, "server"));
    t.equal(first.state, "fails");
    t.match(first.text, /Its signature does not hold/);

    const foreign = async (route: Route): Promise<void> => {
      const answer = await route.fetch();
      const document = (await answer.json()) as { storageKey: string };
      await route.fulfill({ response: answer, json: { ...document, identity: document.storageKey } });
    };
    const second = await lying(page, "**/.well-known/vaultproof", foreign, () => check(page, "server"));
    t.equal(second.state, "fails");
    t.match(second.text, /another server's/);
  });

  await t.test("a log that was rewritten on its way is found", async (t) => {
    const rewritten = async (route: Route): Promise<void> => {
      const answer = await route.fetch();
      const csv = await answer.text();
      await route.fulfill({ response: answer, body: csv.replace("/v1/models", "/v1/modelz") });
    };
    const { state } = await lying(page, `**/api/v1/keys/${keySlotId}/logs/export*`, rewritten, () =>
      check(page, "server"),
    );
    t.equal(state, "fails");
  });

  await t.test("without a connection nothing is said about a claim", async (t) => {
    await page.context().setOffline(true);
    const { state, text } = await check(page, "without-proof");
    t.equal(state, "unchecked");
    t.match(text, /You are offline/);
    await page.context().setOffline(false);
  });

  const unexpected = complaints.filter((text) => !/ERR_INTERNET_DISCONNECTED|status of 40[13]/.test(text));
  t.same(unexpected, [], "nothing else is complained about");
});

void t.test("the page and the README make the same five claims", async (t) => {
  const readme = await readFile(new URL("../../../README.md", import.meta.url), "utf8");
  const page = await readFile(
    new URL("../../../dashboard/src/screens/verify/claims.ts", import.meta.url),
    "utf8",
  );
  const titles = [...page.matchAll(/title: "(.+)"/g)].map(([, title = ""]) => title);
  t.equal(titles.length, CLAIMS.length);
  for (const [i, title] of titles.entries()) {
    t.ok(readme.includes(`### ${i + 1}. ${title}`), title);
  }
});
