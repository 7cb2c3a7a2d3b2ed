import type { CallRequest } from "./caught-call.js";

/** A call to begin with. */
export interface SuggestedCall extends CallRequest {
  readonly name: string;
}

const JSON_TYPE = { "content-type": "application/json" };
const MESSAGES = [{ role: "user", content: "Say hello in five words." }];

/** Calls that a provider understands; the first costs nothing. Paths as the provider's own documentation has them. */
export function suggestedCalls(provider: string): readonly [SuggestedCall, ...SuggestedCall[]] {
  return SUGGESTIONS[provider] ?? openAiStyle("/v1", "gpt-4o-mini");
}

const SUGGESTIONS: Readonly<Record<string, readonly [SuggestedCall, ...SuggestedCall[]]>> = {
  anthropic: [
    list("/v1/models", { "anthropic-version": "2023-06-01" }),
    stream(
      "/v1/messages",
      { model: "claude-haiku-4-5", max_tokens: 64, stream: true, messages: MESSAGES },
      {
        "anthropic-version": "2023-06-01",
      },
    ),
  ],
  google: [
    list("/v1beta/models"),
    stream("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", {
      contents: [{ role: "user", parts: [{ text: "Say hello in five words." }] }],
    }),
  ],
  groq: openAiStyle("/openai/v1", "llama-3.1-8b-instant"),
  together: openAiStyle("/v1", "meta-llama/Llama-3.3-70B-Instruct-Turbo"),
  mistral: openAiStyle("/v1", "mistral-small-latest"),
  deepseek: openAiStyle("", "deepseek-chat"),
};

function openAiStyle(prefix: string, model: string): readonly [SuggestedCall, SuggestedCall] {
  return [
    list(`${prefix}/models`),
    stream(`${prefix}/chat/completions`, { model, stream: true, messages: MESSAGES }),
  ];
}

function list(path: string, headers: Readonly<Record<string, string>> = {}): SuggestedCall {
  return { name: "List the models", method: "GET", path, headers, body: null };
}

function stream(path: string, body: object, headers: Readonly<Record<string, string>> = {}): SuggestedCall {
  return {
    name: "Chat, streamed",
    method: "POST",
    path,
    headers: { ...JSON_TYPE, ...headers },
    body: JSON.stringify(body, null, 2),
  };
}
