import t from "tap";
import { startLocalProvider } from "vaultproof/demo/local-provider";

void t.test("the demo's provider", async (t) => {
  const provider = await startLocalProvider({ apiKey: "sk-right" });
  t.teardown(() => provider.close());
  const call = (path: string, options: { key?: string; body?: unknown } = {}) =>
    fetch(provider.url + path, {
      method: options.body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${options.key ?? "sk-right"}` },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });

  await t.test("answers the right key", async (t) => {
    const response = await call("/v1/models");
    t.equal(response.status, 200);
    t.match(await response.json(), { object: "list", data: [{ object: "model" }] });
  });

  await t.test("answers 401 to every other key", async (t) => {
    for (const key of ["sk-wrong", "sk-righ", "sk-right2", "SK-RIGHT", ""]) {
      const response = await call("/v1/models", { key });
      t.equal(response.status, 401, `key "${key}"`);
      t.match(await response.json(), { error: { code: "invalid_api_key" } });
    }
    const without = await fetch(`${provider.url}/v1/models`);
    t.equal(without.status, 401);
    await without.body?.cancel();
  });

  await t.test("completes whole and in pieces", async (t) => {
    const chat = { model: "demo-small", messages: [{ role: "user", content: "two words" }] };
    const whole = await call("/v1/chat/completions", { body: chat });
    t.match(await whole.json(), { choices: [{ message: { content: "You said: two words" } }] });

    const streamed = await call("/v1/chat/completions", { body: { ...chat, stream: true } });
    t.equal(streamed.headers.get("content-type"), "text/event-stream");
    const events = (await streamed.text()).split("\n\n");
    t.equal(events.length, 6, "four words, the end mark, and nothing behind it");
    t.equal(events.at(-2), "data: [DONE]");
  });

  await t.test("refuses what it does not know", async (t) => {
    t.equal((await call("/v1/chat/completions", { body: { model: 1 } })).status, 400);
    t.equal((await call("/v1/files")).status, 404);
  });

  t.equal(provider.received[0], "GET /v1/models", "it lists what reached it");
  t.equal(provider.received.length, 11);
});
