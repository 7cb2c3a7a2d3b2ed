import Anthropic from "@anthropic-ai/sdk";
import { createAnthropic } from "@ai-sdk/anthropic";
import { LIMITS } from "@vaultproof/protocol/limits";
import { generateText } from "ai";
import t from "tap";
import { withApiVersion } from "vaultproof/gateway/api-version";
import { openMemoryGateway } from "../../helpers/memory-gateway.js";

const OWN = "https://api.anthropic.com";
const ELSEWHERE = "http://host.example";

function at(providerOrigin: string, path: string, slug = "anthropic"): string {
  return withApiVersion({ slug, providerOrigin, path });
}

void t.test("/v1 is put where a client left it out, and nowhere else", (t) => {
  for (const origin of [OWN, ELSEWHERE]) {
    t.equal(at(origin, "/messages"), "/v1/messages");
    t.equal(at(origin, "/messages/count_tokens?beta=true"), "/v1/messages/count_tokens?beta=true");
    t.equal(at(origin, "/models?limit=2"), "/v1/models?limit=2");
    t.equal(at(origin, "/v1/messages"), "/v1/messages");
    t.equal(at(origin, "/v1"), "/v1");
    t.equal(at(origin, "/files?next=/v1/x"), "/v1/files?next=/v1/x", "a query says nothing");
  }
  t.equal(at(ELSEWHERE, "/anthropic/v1/messages"), "/anthropic/v1/messages");
  t.equal(at(ELSEWHERE, "/models/v1/messages"), "/models/v1/messages");
  t.equal(at(ELSEWHERE, "/anthropic/messages"), "/anthropic/messages");
  t.equal(at(ELSEWHERE, "/messages-of-mine"), "/messages-of-mine");
  t.equal(at(OWN, "/something/new"), "/v1/something/new");
  t.equal(at(OWN, "/messages", "openai"), "/messages");
  const long = "/messages?".padEnd(LIMITS.targetPathChars, "x");
  t.throws(() => at(OWN, long), { code: "target-too-long" });
  t.end();
});

await t.test("both SDKs, at Anthropic's root and below a path", async (t) => {
  const local = await openMemoryGateway(t);
  const pathsOf = async (work: () => Promise<unknown>): Promise<string[]> => {
    const before = local.memory.service.requests.length;
    await work();
    return local.memory.service.requests
      .slice(before)
      .filter(({ path }) => path === "/api/v1/proxy/call")
      .map(({ body }) => (JSON.parse(body) as { targetPath: string }).targetPath);
  };
  const messages = [{ role: "user" as const, content: "count" }];
  const own = (base: string) => async (): Promise<unknown> => {
    const client = new Anthropic({ baseURL: local.gateway.url + base, apiKey: local.token, maxRetries: 0 });
    return await client.messages.create({ model: "small", max_tokens: 9, messages }).catch(() => undefined);
  };
  const ai = (base: string) => async (): Promise<unknown> => {
    const model = createAnthropic({ baseURL: local.gateway.url + base, apiKey: local.token })("small");
    return await generateText({ model, messages, maxRetries: 0 }).catch(() => undefined);
  };
  t.strictSame(await pathsOf(own("/anthropic")), ["/v1/messages"]);
  t.strictSame(await pathsOf(ai("/anthropic")), ["/v1/messages"]);
  t.strictSame(await pathsOf(ai("/anthropic/v1")), ["/v1/messages"]);
  t.strictSame(await pathsOf(own("/anthropic/anthropic")), ["/anthropic/v1/messages"]);
  t.strictSame(await pathsOf(ai("/anthropic/anthropic/v1")), ["/anthropic/v1/messages"]);
});
