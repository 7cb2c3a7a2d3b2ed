import { PROVIDERS } from "@vaultproof/protocol/providers";
import type { VaultProofApp } from "@vaultproof/sdk";
import { CliError } from "../errors.js";
import { duration } from "../terminal.js";
import { readAnswer, type Answer } from "./expectation.js";
import type { Play } from "./play.js";
import { CALL_PATH } from "./refusals.js";
import type { SentRequest, WireTap } from "./wire-tap.js";

const LONGEST_ANSWER = 400;

/** Makes a call with a proof, and against the local provider a streamed one too. Gives the first as it was sent. */
export async function makeProvedCalls(at: Play, app: VaultProofApp): Promise<SentRequest> {
  const { terminal, verdict, tap, choice, scene } = at;
  const { path, headers } = choice.call;
  terminal.text(`app.fetch("${path}")`);
  const { value: answer, took } = await terminal.timed("proving and calling", async () =>
    readAnswer(await app.fetch(path, { headers: { ...headers } })),
  );
  terminal.text(`${answer.status}, vp-source: ${answer.source}   (${timing(took, tap)})`);
  terminal.text(shortAnswer(answer.body));
  if (choice.provider !== undefined) requireAnswer(answer, PROVIDERS[choice.provider]);
  verdict.holds(
    answer.status === 200 && answer.source === "upstream",
    "the provider took the key and answered 200",
  );
  const first = tap.last(CALL_PATH);
  if (scene.localProvider !== undefined) await streamCompletion(at, app);
  return first;
}

/** A real provider may refuse the key, or be out of reach: then the rest of the demo would say nothing. */
function requireAnswer(answer: Answer, provider: { readonly name: string; readonly baseUrl: string }): void {
  if (answer.status === 200 && answer.source === "upstream") return;
  const why =
    answer.source === "upstream"
      ? `${provider.name} answered ${answer.status}`
      : `${provider.name} could not be called: ${answer.status} ${answer.body}`;
  throw new CliError("provider-call-failed", why, {
    hint:
      answer.source === "upstream"
        ? "check PROVIDER_KEY"
        : `check that this machine reaches ${provider.baseUrl} directly, without a proxy`,
  });
}

async function streamCompletion({ terminal, verdict, tap }: Play, app: VaultProofApp): Promise<void> {
  const said = "Is this the real key?";
  const body = JSON.stringify({
    model: "demo-small",
    stream: true,
    messages: [{ role: "user", content: said }],
  });
  terminal.blank();
  terminal.text(`app.fetch("/v1/chat/completions", { method: "POST", body: ${body} })`);
  const { value: text, took } = await terminal.timed("proving and streaming", async () => {
    const response = await app.fetch("/v1/chat/completions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    return response.text();
  });
  const words = streamedWords(text);
  terminal.text(`${words.join("")}   (${timing(took, tap)})`);
  verdict.holds(
    words.join("") === `You said: ${said}` && text.endsWith("data: [DONE]\n\n"),
    `the stream arrived whole, in ${words.length} events`,
  );
}

/** The pieces of text in a stream of server-sent events as OpenAI's API sends it. */
function streamedWords(stream: string): string[] {
  return stream
    .split("\n\n")
    .filter((event) => event.startsWith("data: {"))
    .map((event) => {
      const chunk = JSON.parse(event.slice("data: ".length)) as {
        choices?: { delta?: { content?: string } }[];
      };
      return chunk.choices?.[0]?.delta?.content ?? "";
    });
}

function timing(took: string, { proofMilliseconds }: WireTap): string {
  return `${took}, of which the proof took ${duration(proofMilliseconds)}`;
}

function shortAnswer(body: string): string {
  const line = body.replaceAll(/\s+/g, " ").trim();
  if (line.length <= LONGEST_ANSWER) return line;
  return `${line.slice(0, LONGEST_ANSWER)}… (cut here; ${body.length.toLocaleString("en-US")} characters in all)`;
}
