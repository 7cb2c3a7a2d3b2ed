import { createHash } from "node:crypto";
import type Anthropic from "@anthropic-ai/sdk";
import { APIError as AnthropicError } from "@anthropic-ai/sdk";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, embed, generateText, jsonSchema, streamText, tool, type ToolSet } from "ai";
import type OpenAI from "openai";
import { APIError as OpenAIError, toFile } from "openai";

// What a program does with the SDKs of its providers, the same in this process and in one that `exec` started.

const MESSAGES = [{ role: "user" as const, content: "count" }];
const PARAMETERS = { type: "object" as const, properties: { city: { type: "string" as const } } };
const STATUSES = [400, 401, 403, 404, 409, 422, 429, 500, 503] as const;
const TEXT = "one two three";
/** Bytes that no text decoder leaves alone. */
const FILE = new Uint8Array(70_000).map((_, i) => (i * 31) & 0xff);

/** What every scenario must come to. */
export const EXPECTED = {
  openai: {
    models: ["small", "large"],
    chat: TEXT,
    streamed: ["one ", "two ", "three"],
    tool: { name: "weather", arguments: '{"city":"Oslo"}' },
    embeddings: [
      [3, 0.5, -1],
      [5, 0.5, -1],
    ],
    file: {
      bytes: FILE.length,
      filename: "data.bin",
      sha256: createHash("sha256").update(FILE).digest("hex"),
    },
    errors: [
      "400 BadRequestError its_own",
      "401 AuthenticationError its_own",
      "403 PermissionDeniedError its_own",
      "404 NotFoundError its_own",
      "409 ConflictError its_own",
      "422 UnprocessableEntityError its_own",
      "429 RateLimitError its_own",
      "500 InternalServerError its_own",
      "503 InternalServerError its_own",
    ],
    retried: TEXT,
  },
  anthropic: {
    models: ["small", "large"],
    chat: TEXT,
    streamed: TEXT,
    tool: { name: "weather", input: { city: "Oslo" } },
    errors: [
      "400 BadRequestError",
      "401 AuthenticationError",
      "403 PermissionDeniedError",
      "404 NotFoundError",
      "409 ConflictError",
      "422 UnprocessableEntityError",
      "429 RateLimitError",
      "500 InternalServerError",
      "503 ServiceUnavailableError",
    ],
    retried: TEXT,
  },
  ai: {
    openai: {
      text: TEXT,
      streamed: TEXT,
      tool: { city: "Oslo" },
      embedding: [3, 0.5, -1],
      refused: "401 false",
    },
    anthropic: { text: TEXT, streamed: TEXT, tool: { city: "Oslo" }, refused: "429 true" },
  },
} as const;

/** Uses `openai`. */
export async function useOpenAI(client: OpenAI): Promise<unknown> {
  const models = [];
  for await (const { id } of client.models.list()) models.push(id);
  const { choices } = await client.chat.completions.create({ model: "small", messages: MESSAGES });
  const stream = await client.chat.completions.create({ model: "small", messages: MESSAGES, stream: true });
  const streamed = [];
  for await (const chunk of stream) streamed.push(chunk.choices[0]?.delta.content ?? "");
  const tools = [{ type: "function" as const, function: { name: "weather", parameters: PARAMETERS } }];
  const called = await client.chat.completions.create({ model: "small", messages: MESSAGES, tools });
  const [call] = called.choices[0]?.message.tool_calls ?? [];
  const { data } = await client.embeddings.create({ model: "small", input: ["one", "three"] });
  const uploaded = (await client.files.create({
    file: await toFile(FILE, "data.bin"),
    purpose: "assistants",
  })) as unknown as { bytes: number; filename: string; sha256: string };
  const errors = [];
  for (const status of STATUSES) {
    const asked = { model: `status-${status}`, messages: MESSAGES };
    const error: unknown = await client.chat.completions
      .create(asked, { maxRetries: 0 })
      .catch((error: unknown) => error);
    if (error instanceof OpenAIError) errors.push(`${status} ${error.constructor.name} ${error.code ?? ""}`);
  }
  const flaky = { model: `flaky-${process.pid}`, messages: MESSAGES };
  const retried = await client.chat.completions.create(flaky, { maxRetries: 2 });
  return {
    models,
    chat: choices[0]?.message.content,
    streamed: streamed.filter((text) => text !== ""),
    tool: call?.type === "function" ? { name: call.function.name, arguments: call.function.arguments } : null,
    embeddings: data.map(({ embedding }) => [...embedding]),
    file: { bytes: uploaded.bytes, filename: uploaded.filename, sha256: uploaded.sha256 },
    errors,
    retried: retried.choices[0]?.message.content,
  };
}

/** Uses `@anthropic-ai/sdk`. */
export async function useAnthropic(client: Anthropic): Promise<unknown> {
  const asked = { model: "small", max_tokens: 9, messages: MESSAGES };
  const models = [];
  for await (const { id } of client.models.list()) models.push(id);
  const answer = await client.messages.create(asked);
  const streamed = await client.messages.stream(asked).finalText();
  const tools = [{ name: "weather", input_schema: PARAMETERS }];
  const called = await client.messages.stream({ ...asked, tools }).finalMessage();
  const [use] = called.content;
  const errors = [];
  for (const status of STATUSES) {
    const error: unknown = await client.messages
      .create({ ...asked, model: `status-${status}` }, { maxRetries: 0 })
      .catch((error: unknown) => error);
    if (error instanceof AnthropicError) errors.push(`${status} ${error.constructor.name}`);
  }
  const retried = await client.messages.create(
    { ...asked, model: `flaky-${process.pid}` },
    { maxRetries: 2 },
  );
  const textOf = ({ content: [block] }: typeof answer): unknown =>
    block?.type === "text" ? block.text : block;
  return {
    models,
    chat: textOf(answer),
    streamed,
    tool: use?.type === "tool_use" ? { name: use.name, input: use.input } : null,
    errors,
    retried: textOf(retried),
  };
}

/** Uses `ai` with the packages for both providers. */
export async function useAiSdk(settings: {
  readonly openai: Parameters<typeof createOpenAI>[0];
  readonly anthropic: Parameters<typeof createAnthropic>[0];
}): Promise<unknown> {
  const openai = createOpenAI(settings.openai);
  const anthropic = createAnthropic(settings.anthropic);
  // The package's own types do not hold under exactOptionalPropertyTypes.
  const tools = { weather: tool({ inputSchema: jsonSchema(PARAMETERS) }) } as unknown as ToolSet;
  const results = [];
  for (const provider of ["openai", "anthropic"]) {
    const model = (id: string) => (provider === "openai" ? openai.chat(id) : anthropic(id));
    const asked = { model: model("small"), prompt: "count", maxRetries: 0, maxOutputTokens: 9 };
    const { text } = await generateText(asked);
    let streamed = "";
    for await (const piece of streamText(asked).textStream) streamed += piece;
    const { toolCalls } = await generateText({ ...asked, tools });
    const status = provider === "anthropic" ? 429 : 401;
    const error: unknown = await generateText({ ...asked, model: model(`status-${status}`) }).catch(
      (error: unknown) => error,
    );
    const refused = APICallError.isInstance(error) ? `${error.statusCode ?? 0} ${error.isRetryable}` : error;
    results.push({ text, streamed, tool: toolCalls[0]?.input, refused });
  }
  const { embedding } = await embed({ model: openai.embedding("small"), value: "one" });
  return { openai: { ...results[0], embedding }, anthropic: results[1] };
}
