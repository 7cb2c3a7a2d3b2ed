import { fileURLToPath } from "node:url";
import type Anthropic from "@anthropic-ai/sdk";
import type * as Sdk from "@vaultproof/sdk/browser";
import { build } from "esbuild";
import type OpenAI from "openai";
import t, { type Test } from "tap";
import { importSdk, startBrowserStage } from "../helpers/browser-stage.js";
import { chromiumSkipReason, launchChromium, openPage } from "../helpers/chromium.js";
import { anthropicApi, openAiApi, watchApi } from "../helpers/provider-api.js";

/** What the page has imported. */
declare const sdk: typeof Sdk;
declare const clients: {
  readonly OpenAI: typeof OpenAI;
  readonly Anthropic: typeof Anthropic;
};
declare const crossOriginIsolated: boolean;
declare function fetch(url: string): Promise<unknown>;

/** The clients as their packages are, for a page. */
async function bundleClients(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    stdin: {
      contents:
        'export { default as OpenAI } from "openai"; export { default as Anthropic } from "@anthropic-ai/sdk";',
      resolveDir: fileURLToPath(new URL("../..", import.meta.url)),
    },
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    logLevel: "silent",
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
}

void t.test("a page proves and calls", { skip: chromiumSkipReason() }, async (t) => {
  const stage = await startBrowserStage(t, { "/clients.js": await bundleClients() });
  const { edgeUrl, provider } = stage.stack;
  const watch = watchApi();
  const [openAi, anthropic] = [openAiApi(watch), anthropicApi(watch)];
  // One slot stands for both; a slot of a custom provider passes no header of Anthropic's.
  provider.respond((request, response) => {
    const headers = { ...request.headers, "anthropic-version": "2023-06-01" };
    if (request.url.startsWith("/v1/messages")) anthropic({ ...request, headers }, response);
    else openAi(request, response);
  });
  const browser = await launchChromium(t);
  for (const kind of ["plain", "isolated"] as const) {
    await t.test(`${kind} page: the unmodified clients of two providers`, async (t) => {
      const host = stage[kind];
      const { page, complaints, urls, context } = await openPage(browser);
      t.teardown(() => context.close());
      await page.goto(host.origin);
      await importSdk(page);
      const result = await page.evaluate(
        async ({ url, bundle }) => {
          const path = "/clients.js";
          Object.assign(globalThis, { clients: (await import(path)) as unknown });
          const app = await sdk.VaultProofApp.open({ url, bundle });
          const options = {
            apiKey: "nobody's",
            fetch: app.fetch as typeof fetch,
            dangerouslyAllowBrowser: true,
          };
          const openai = new clients.OpenAI({ ...options, baseURL: `${app.providerOrigin}/v1` } as never);
          const messages = [{ role: "user" as const, content: "count" }];
          const whole = await openai.chat.completions.create({ model: "small", messages });
          const words = [];
          const stream = await openai.chat.completions.create({ model: "small", messages, stream: true });
          for await (const chunk of stream) words.push(chunk.choices[0]?.delta.content ?? "");
          const claude = new clients.Anthropic({ ...options, baseURL: app.providerOrigin } as never);
          const asked = { model: "small", max_tokens: 9, messages };
          const answer = await claude.messages.create(asked);
          const streamed = await claude.messages.stream(asked).finalText();
          const refused = await openai.chat.completions
            .create({ model: "status-429", messages }, { maxRetries: 0 })
            .catch((error: unknown) => (error as Error).constructor.name);
          await app.close();
          return {
            whole: whole.choices[0]?.message.content,
            words: words.filter((word) => word !== ""),
            answer: answer.content[0],
            streamed,
            refused,
            isolated: crossOriginIsolated,
          };
        },
        { url: edgeUrl, bundle: stage.bundle },
      );
      t.match(result, {
        whole: "one two three",
        words: ["one ", "two ", "three"],
        answer: { type: "text", text: "one two three" },
        streamed: "one two three",
        refused: "RateLimitError",
        isolated: kind === "isolated",
      });
      // Chromium itself says so of every answer of that kind.
      const said = complaints.filter((text) => !/^Failed to load resource: .* status of 429 /.test(text));
      t.same(said, []);
      assertOwnOrigins(t, urls, [host.origin, edgeUrl]);
      t.ok(
        urls.some((url) => url.endsWith(".wasm.gz")),
        "what workers ask for is recorded too",
      );
      t.notOk(
        host.requests.some(
          ({ path }) => path.includes("berg-threads-") !== (kind === "isolated") && path.includes("berg-"),
        ),
        "one mode's files only",
      );

      const [before, asked] = [host.requests.length, provider.requests.length];
      await page.reload();
      await importSdk(page);
      const again = await page.evaluate(
        async ({ url, bundle }) => {
          await sdk.warmUp({ service: url });
          const app = await sdk.VaultProofApp.open({ url, bundle });
          const { status } = await app.fetch("/v1/models");
          await app.close();
          return status;
        },
        { url: edgeUrl, bundle: stage.bundle },
      );
      t.equal(again, 200);
      t.equal(provider.requests.length, asked + 1);
      const fetched = host.requests.slice(before).filter(({ status }) => status === 200);
      t.same(fetched, [], "the second load fetches nothing anew");
    });
  }

  await t.test("the record would show a request elsewhere, and the policy refuses it", async (t) => {
    const { page, complaints, urls, context } = await openPage(browser);
    t.teardown(() => context.close());
    await page.goto(stage.plain.origin);
    await page.evaluate((elsewhere) => fetch(elsewhere).catch(() => undefined), provider.origin);
    t.match(complaints.join("\n"), /Content Security Policy/);
    t.throws(() => assertOwnOrigins(t, [...urls, provider.origin], [stage.plain.origin]), /elsewhere/);
  });
});

function assertOwnOrigins(t: Test, urls: readonly string[], own: readonly string[]): void {
  const elsewhere = urls.filter((url) => !own.includes(new URL(url).origin));
  if (elsewhere.length > 0) throw new Error(`requests elsewhere: ${elsewhere.join(", ")}`);
  t.pass(`${urls.length} requests, none elsewhere`);
}
