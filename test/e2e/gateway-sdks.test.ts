import Anthropic from "@anthropic-ai/sdk";
import OpenAI, { APIUserAbortError } from "openai";
import t from "tap";
import { curl, curlSkipReason } from "../helpers/curl.js";
import { setGatewayStage } from "../helpers/gateway-stage.js";
import { findReferenceString, noReferenceString } from "../helpers/reference-string.js";
import { EXPECTED, useAiSdk, useAnthropic, useOpenAI } from "../helpers/sdk-scenarios.js";

// Unmodified SDKs through `vaultproof gateway`, on a real stack with real proofs.

const skip = findReferenceString() === undefined && noReferenceString;
const MESSAGES = [{ role: "user" as const, content: "count" }];
const STREAMS = 20;

await t.test("the gateway", { skip }, async (t) => {
  const stage = await setGatewayStage(t);
  const token = await stage.addProject();
  const gateway = await stage.startGateway();
  const openai = new OpenAI({ baseURL: `${gateway.url}/openai/v1`, apiKey: token });
  const anthropic = new Anthropic({ baseURL: `${gateway.url}/anthropic`, apiKey: token });

  await t.test("openai", async (t) => {
    t.strictSame(await useOpenAI(openai), EXPECTED.openai);
    t.ok(stage.openai.requests.every(({ authorised }) => authorised));
    t.match(
      stage.openai.requests[1]?.headers["user-agent"],
      /OpenAI/,
      "what the provider may see of the client",
    );
  });

  await t.test("@anthropic-ai/sdk", async (t) => {
    t.strictSame(await useAnthropic(anthropic), EXPECTED.anthropic);
    t.ok(stage.anthropic.requests.every(({ authorised }) => authorised));
  });

  await t.test(
    "ai, with @ai-sdk/openai and @ai-sdk/anthropic, whichever base URL the latter has",
    async (t) => {
      const settings = { baseURL: `${gateway.url}/openai/v1`, apiKey: token };
      for (const path of ["/anthropic/v1", "/anthropic"]) {
        const result = await useAiSdk({
          openai: settings,
          anthropic: { baseURL: gateway.url + path, apiKey: token },
        });
        t.strictSame(result, EXPECTED.ai);
      }
    },
  );

  await t.test("curl", { skip: curlSkipReason() }, async (t) => {
    const url = `${gateway.url}/openai/v1/chat/completions`;
    const json = ["-H", "content-type: application/json", "-d", '{"model":"small","messages":[]}'];
    const bearer = ["-H", `authorization: Bearer ${token}`];
    const answer = await curl([url, ...bearer, ...json]);
    t.equal(answer.status, 200);
    t.equal(answer.headers["vp-source"], "upstream");
    t.match(JSON.parse(answer.body), { choices: [{ message: { content: "one two three" } }] });
    const streamed = await curl([url, ...bearer, "-d", '{"model":"small","messages":[],"stream":true}']);
    t.match(streamed.body, /data: \[DONE\]/);
    for (const header of [`x-api-key: ${token}`, `x-goog-api-key: ${token}`, `api-key: ${token}`]) {
      t.equal(
        (await curl([`${gateway.url}/openai/v1/models`, "-H", header])).status,
        200,
        header.slice(0, 9),
      );
    }
    const head = await curl(["-I", `${gateway.url}/openai/v1/models`, ...bearer]);
    t.equal(head.body, "");
    const large = await curl(
      [`${gateway.url}/openai/v1/files`, ...bearer, "-F", "file=@-;filename=a.bin"],
      "x".repeat(2_000_000),
    );
    t.match(large.body, /"bytes":2000000/, "with a go-ahead asked for and given");
  });

  await t.test("a provider's own refusal passes as it is, and so do its headers", async (t) => {
    const response = await fetch(`${gateway.url}/openai/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      body: '{"model":"status-429"}',
    });
    t.equal(response.status, 429);
    t.equal(response.headers.get("x-request-id"), "req-1");
    t.equal(response.headers.get("retry-after-ms"), "5");
    t.strictSame(await response.json(), {
      error: { message: "the provider says 429", type: "some_error", param: null, code: "its_own" },
    });
  });

  await t.test("each retry of an SDK is a call with a proof of its own", async (t) => {
    const before = stage.nullifiers().length;
    await openai.chat.completions.create({ model: "flaky-counted", messages: MESSAGES }, { maxRetries: 2 });
    const made = stage.nullifiers().slice(before);
    t.equal(made.length, 3);
    t.equal(
      new Set(stage.nullifiers()).size,
      stage.nullifiers().length,
      "none twice, in all of the calls so far",
    );
  });

  await t.test("who aborts is seen to leave by the provider", async (t) => {
    const aborting = new AbortController();
    const left = stage.watch.count;
    const stream = await openai.chat.completions.create(
      { model: "endless", messages: MESSAGES, stream: true },
      { signal: aborting.signal },
    );
    const chunks = stream[Symbol.asyncIterator]();
    await chunks.next();
    aborting.abort();
    await stage.watch.left(left + 1);
    const never = new AbortController();
    const creating = openai.chat.completions.create(
      { model: "small", messages: MESSAGES },
      { signal: never.signal },
    );
    never.abort();
    t.ok((await creating.catch((error: unknown) => error)) instanceof APIUserAbortError);
  });

  await t.test(`${STREAMS} streams at once`, async (t) => {
    const read = async (i: number): Promise<string> => {
      let text = "";
      if (i % 2 === 0) {
        const stream = await openai.chat.completions.create({
          model: "small",
          messages: MESSAGES,
          stream: true,
        });
        for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
        return text;
      }
      return await anthropic.messages
        .stream({ model: "small", max_tokens: 9, messages: MESSAGES })
        .finalText();
    };
    const texts = await Promise.all(Array.from({ length: STREAMS }, (_, i) => read(i)));
    t.ok(texts.every((text) => text === "one two three"));
  });

  await t.test(
    "a project that is added is served without a restart, and one that is deleted no more",
    async (t) => {
      const other = await stage.addProject({ id: "another", folder: "/nowhere", slugs: ["openai"] });
      const ask = async (key: string): Promise<number> =>
        (await fetch(`${gateway.url}/openai/v1/models`, { headers: { "x-api-key": key } })).status;
      const until = async (status: number): Promise<void> => {
        while ((await ask(other)) !== status) await new Promise((resolve) => setTimeout(resolve, 200));
      };
      await until(200);
      const notIts = await fetch(`${gateway.url}/anthropic/v1/models`, { headers: { "x-api-key": other } });
      t.equal(notIts.status, 404);
      await stage.projects.delete("another");
      await until(401);
      t.equal(await ask(token), 200);
    },
  );

  await t.test("once its app is revoked, an SDK is refused and does not try again", async (t) => {
    await stage.vault.apps.revoke(stage.slotIds.openai, "my-app");
    const before = stage.nullifiers().length;
    const error: unknown = await openai.models.list().catch((error: unknown) => error);
    t.ok(error instanceof OpenAI.PermissionDeniedError);
    t.match(error, { status: 403, code: /^vaultproof_/ });
    t.ok(stage.nullifiers().length - before <= 1);
  });

  await t.test("asked to stop it ends, and has shown nothing secret", async (t) => {
    gateway.command.child.kill("SIGTERM");
    t.equal(await gateway.command.exited, 0);
    const shown = gateway.command.stdout + gateway.command.stderr;
    t.match(shown, /gateway listening on/);
    for (const secret of [token, ...Object.values(stage.bundles), stage.openai.key, stage.anthropic.key]) {
      t.notOk(shown.includes(secret));
    }
  });
});
