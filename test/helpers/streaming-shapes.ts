/** An answer as a provider streams it: server-sent events in the provider's own shape. */
export interface StreamingShape {
  readonly path: string;
  readonly request: unknown;
  readonly events: readonly string[];
}

/** Chat completions of OpenAI: unnamed events, `[DONE]` at the end. */
export const OPENAI: StreamingShape = {
  path: "/v1/chat/completions",
  request: { model: "local-1", stream: true, messages: [{ role: "user", content: "Grüß Gott" }] },
  events: [
    ...[{ role: "assistant", content: "" }, { content: "Grüß" }, { content: " dich\n" }, {}].map(
      (delta, index) =>
        `data: ${JSON.stringify({
          ...{ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_790_000_000, model: "local-1" },
          choices: [{ index: 0, delta, finish_reason: index === 3 ? "stop" : null }],
        })}\n\n`,
    ),
    "data: [DONE]\n\n",
  ],
};

/** Messages of Anthropic: named events, pings among them. */
export const ANTHROPIC: StreamingShape = {
  path: "/v1/messages",
  request: { model: "local-1", stream: true, max_tokens: 64, messages: [{ role: "user", content: "Hello" }] },
  events: [
    { type: "message_start", message: { id: "msg_1", type: "message", role: "assistant", content: [] } },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "ping" },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Hel" } },
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "lo 👋" } },
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 4 } },
    { type: "message_stop" },
  ].map((data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`),
};
