/** What the app asks of the provider in every call of the load: a short chat completion. */
export const PROVIDER_CALL = {
  method: "POST",
  path: "/v1/chat/completions",
  body: JSON.stringify({
    model: "local-1",
    messages: [
      { role: "system", content: "You answer in one short sentence." },
      { role: "user", content: "What is a nullifier, and why is it spent before anything else happens?" },
    ],
    max_tokens: 64,
    temperature: 0.2,
  }),
} as const;

/** What the local provider answers. */
export const PROVIDER_ANSWER = JSON.stringify({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1_790_000_000,
  model: "local-1",
  choices: [
    {
      index: 0,
      message: {
        role: "assistant",
        content: "A number that a proof spends, so that it can be used only once.",
      },
      finish_reason: "stop",
    },
  ],
  usage: { prompt_tokens: 31, completion_tokens: 16, total_tokens: 47 },
});
