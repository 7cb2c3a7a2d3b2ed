import { setTimeout as sleep } from "node:timers/promises";
import { VaultProofApp } from "@vaultproof/sdk";
import type { Page } from "playwright-core";
import t from "tap";
import { chromiumSkipReason, launchChromium } from "../helpers/chromium.js";
import { expectAccessible, openScreen, screenshot, startDashboardStage } from "../helpers/dashboard-stage.js";

const INVALID_PROOF = '{"error":"Invalid ZK proof","reason":"Proof verification failed"}';
const REPLAY = '{"error":"Proof already used (replay detected)"}';
const FORBIDDEN = '{"error":"Forbidden"}';
const STEPS = ["witness", "proof", "edge", "verify", "burn", "upstream"];

/** How others than OpenAI's chat stream text, and what is none. */
const OTHER_STREAMS = [
  'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"llo"}}',
  'data: {"type":"response.output_text.delta","delta":", "}',
  'data: {"candidates":[{"content":{"parts":[{"text":"you "},{"text":"all"}]}}]}\r',
  "data: null",
  ": a comment",
  "data: [DONE]\n\n",
].join("\n\n");

/** State of each step as the page shows it, in order. */
const stepStates = (page: Page): Promise<string[]> =>
  page.evaluate<string[]>("[...document.querySelectorAll('.step')].map(({ dataset }) => dataset.state)");

/** A cheat's part of the screen. */
const cheat = (page: Page, name: string) =>
  page.locator(".cheat").filter({ has: page.getByRole("button", { name, exact: true }) });

async function sendCall(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Send the call" }).click();
}

void t.test("the playground", { skip: chromiumSkipReason(), timeout: 180_000 }, async (t) => {
  const stage = await startDashboardStage(t);
  const browser = await launchChromium(t);
  const { page, complaints, context } = await stage.openDashboard(browser);
  const { bundles } = await stage.restoreDeveloper(page);
  const { provider } = stage;

  await t.test("a key that this browser may not use yet is granted to it", async (t) => {
    await openScreen(page, "Playground");
    await page.getByRole("button", { name: "Grant this page" }).click();
    await page.getByRole("heading", { name: "The call", exact: true }).waitFor();
    t.match(await page.getByLabel("Call as").locator("option").allTextContents(), [/^playground with /]);
  });

  await t.test(
    "the first call says what it waits for, and shows its steps with times and the answer",
    async (t) => {
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      await context.route(/\.wasm/, async (route) => {
        await held;
        await route.continue();
      });
      await sendCall(page);
      await page.getByText("Only the first call of a page waits for it.").waitFor();
      t.equal(await page.getByRole("progressbar").count(), 1);
      t.same(
        await stepStates(page),
        STEPS.map(() => "waiting"),
      );
      release();
      await page.getByText("The provider answered", { exact: true }).waitFor({ timeout: 60_000 });
      await page.getByText("All of it").waitFor();
      t.same(
        await stepStates(page),
        STEPS.map(() => "done"),
      );
      t.match(
        await page.locator(".step-time").allTextContents(),
        STEPS.map(() => /^\d+(\.\d)?\sm?s/),
      );
      t.match(await page.locator(".answer-body").innerText(), /"id": "local-1"/);
      t.match(provider.requests, [{ method: "GET", url: "/v1/models", authorised: true }]);
      t.match(await page.locator(".call-answer").innerText(), /200 · vp-source: upstream/);
    },
  );

  await t.test("what must be refused is refused, and the provider sees none of it", async (t) => {
    const seen = provider.requests.length;
    const expected = { "Replay it": REPLAY, "Tamper with it": INVALID_PROOF, "Forge a proof": INVALID_PROOF };
    for (const [name, body] of Object.entries({ ...expected, "Call the backend directly": FORBIDDEN })) {
      await page.getByRole("button", { name, exact: true }).click();
      const result = cheat(page, name);
      await result.getByText("Refused, exactly as it must be").waitFor({ timeout: 30_000 });
      t.same(await result.locator("tbody tr").first().locator("td").allInnerTexts(), ["403", "403"], name);
      t.same(await result.locator("tbody tr").nth(1).locator("td").allInnerTexts(), [body, body], name);
      await result.getByText("no call of this app has reached the provider since").waitFor();
    }
    t.equal(provider.requests.length, seen);
    t.match(
      await cheat(page, "Tamper with it").innerText(),
      /- "targetPath": "\/v1\/models"\n\+ "targetPath": "\/v1\/files"/,
    );
    t.match(await cheat(page, "Forge a proof").innerText(), /"zkProof": "[0-9a-f]{64}…" \(6464 bytes\)/);
    t.match(
      await cheat(page, "Call the backend directly").innerText(),
      /curl http:\/\/127\.0\.0\.1:\d+\/api/,
    );
    await expectAccessible(page);
    await page.evaluate("document.querySelector('.cheats').parentElement.scrollIntoView()");
    await screenshot(page, "dashboard-refusals");
  });

  await t.test("a stream is shown while it arrives", async (t) => {
    let finish = (): void => undefined;
    provider.respond((_request, response) => {
      const event = (content: string): string =>
        `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(event("first "));
      finish = () => {
        const [half, rest] = [
          Buffer.from(event("h\u00e9")).subarray(0, -8),
          Buffer.from(event("h\u00e9")).subarray(-8),
        ];
        response.write(half);
        setImmediate(() => response.end(Buffer.concat([rest, Buffer.from(OTHER_STREAMS)])));
      };
    });
    await page.getByLabel("Begin with").selectOption({ label: "Chat, streamed: /v1/chat/completions" });
    await sendCall(page);
    const body = page.locator(".answer-body");
    await body.getByText("first", { exact: true }).waitFor();
    t.match(await page.locator(".answer-text").innerText(), /Arriving: /, "the provider has not finished");
    finish();
    await page.getByText("All of it").waitFor();
    t.equal(await body.innerText(), "first h\u00e9llo, you all");
    await page.getByRole("tab", { name: "Raw" }).click();
    t.match(await body.innerText(), /^data: \{"choices"[\s\S]*data: \[DONE\]/);
    t.match(JSON.parse(provider.requests.at(-1)?.body.toString() ?? ""), { stream: true });
    await page.getByRole("tab", { name: "Readable" }).click();
    await expectAccessible(page);
    await page.evaluate("scrollTo(0, 0)");
    await screenshot(page, "dashboard-playground");
  });

  await t.test("a call can be cancelled while the provider thinks, and while it speaks", async (t) => {
    let left = 0;
    const watch = (response: { once(event: "close", listener: () => void): unknown }): void =>
      void response.once("close", () => left++);
    provider.respond((_request, response) => watch(response));
    const before = provider.requests.length;
    await sendCall(page);
    await provider.sent(before + 1);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("Cancelled").waitFor();
    t.ok((await stepStates(page)).includes("stopped"));

    provider.respond((_request, response) => {
      watch(response);
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write('data: {"choices":[{"delta":{"content":"endless"}}]}\n\n');
    });
    await sendCall(page);
    await page.locator(".answer-body").getByText("endless").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByText("the server has closed the provider's stream").waitFor();
    t.equal(await page.locator(".answer-body").innerText(), "endless", "what had come stays");
    for (let i = 0; left < 2 && i < 100; i++) await sleep(50);
    t.equal(left, 2, "the provider's side was closed both times");
  });

  await t.test("an error of the provider's is shown as the provider's", async (t) => {
    provider.respond((_request, response) => {
      response.writeHead(429, { "content-type": "application/json" });
      response.end('{"error":{"message":"slow down"}}');
    });
    await sendCall(page);
    await page.getByText("The provider answered with an error").waitFor();
    t.match(await page.locator(".call-answer").innerText(), /429 · vp-source: upstream[\s\S]*slow down/);
    t.equal((await stepStates(page)).at(-1), "done");
  });

  await t.test("a refusal is shown as VaultProof's, with the step that refused", async (t) => {
    provider.respond((_request, response) => response.destroy());
    await sendCall(page);
    await page.getByText("VaultProof refused the call").waitFor();
    t.match(await page.locator(".call-answer").innerText(), /502 · vp-source: vaultproof/);
    t.same((await stepStates(page)).slice(2), ["untold", "untold", "untold", "refused"]);
    t.ok(await page.getByRole("button", { name: "Replay it" }).isDisabled(), "it was not answered");
  });

  await t.test("a body that is no JSON and a path that is none are not sent", async (t) => {
    const before = provider.requests.length;
    await page.getByLabel("Body", { exact: true }).fill("{");
    await page.getByText("This is no JSON").waitFor();
    t.ok(await page.getByRole("button", { name: "Send the call" }).isDisabled());
    t.ok(await page.getByRole("button", { name: "Forge a proof" }).isDisabled());
    await page.getByLabel("Body", { exact: true }).fill("{}");
    await page.getByLabel("Path").fill("models");
    await page.getByText("A path begins with /").waitFor();
    t.ok(await page.getByRole("button", { name: "Send the call" }).isDisabled());
    t.equal(provider.requests.length, before);
  });

  await t.test("what is not refused as it must be looks so", async (t) => {
    await page.route("**/playground/direct-access", (route) =>
      route.fulfill({ json: { status: 200, body: '{"ok":true}', url: null, milliseconds: 1 } }),
    );
    await page.getByRole("button", { name: "Call the backend directly" }).click();
    const result = cheat(page, "Call the backend directly");
    await result.getByText("Not refused as it must be").waitFor();
    t.equal(await result.locator(".comparison-wrong").count(), 2);
    await page.unroute("**/playground/direct-access");
    await expectAccessible(page);
  });

  await t.test(
    "a call that reached the provider meanwhile is in the key's log, and the page says so",
    async (t) => {
      provider.respond((_request, response) => response.end("{}"));
      await page.getByText("Call with another key or as another app").click();
      await page.getByLabel("App", { exact: true }).selectOption("my-app");
      await page.getByRole("button", { name: "Call as my-app" }).click();
      await page.getByLabel("Call as", { exact: true }).getByText("my-app").waitFor({ state: "attached" });
      t.equal(
        await page.getByLabel("Call as", { exact: true }).locator("option:checked").innerText(),
        "my-app with the local provider",
      );
      const app = await VaultProofApp.open({ url: stage.url, bundle: bundles["my-app"] ?? "" });
      await page.route("**/playground/direct-access", async (route) => {
        t.equal((await app.fetch("/v1/models")).status, 200);
        await route.continue();
      });
      await page.getByRole("button", { name: "Call the backend directly" }).click();
      const result = cheat(page, "Call the backend directly");
      await result.getByText(/a call of this app has reached the provider since \(row \d+\)/).waitFor();
      await page.unroute("**/playground/direct-access");
      await app.close();
    },
  );

  await t.test("without a connection it says so", async (t) => {
    await page.getByLabel("Begin with").selectOption({ label: "List the models: /v1/models" });
    await context.setOffline(true);
    await sendCall(page);
    await page.locator(".call-answer").getByText("You are offline").waitFor();
    await context.setOffline(false);
    t.pass();
  });

  await t.test("a lock ends the prover, whose memory holds what proofs were made of", async (t) => {
    t.ok(page.workers().length > 0, "it is there while the page is unlocked");
    await page.getByRole("button", { name: "Lock", exact: true }).click();
    await page.getByRole("heading", { name: "Locked" }).waitFor();
    for (let left = 50; page.workers().length > 0 && left > 0; left--) await sleep(100);
    t.equal(page.workers().length, 0);
  });

  const unexpected = complaints.filter(
    (text) => !/ERR_INTERNET_DISCONNECTED|status of (?:403|429|502)/.test(text),
  );
  t.same(unexpected, [], "nothing else is complained about");
});
