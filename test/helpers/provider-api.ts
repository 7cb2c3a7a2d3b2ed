import { createHash } from "node:crypto";
import { EventEmitter, once } from "node:events";
import type { ServerResponse } from "node:http";
import type { ProviderHandler, ProviderRequest } from "./provider.js";

/** What a provider that speaks a real API saw besides its requests. */
export interface ApiWatch {
  /** Resolves once `count` of its open streams were left by whoever read them. */
  left(count: number): Promise<void>;
  readonly emitter: EventEmitter;
  count: number;
}

/** Starts watching; pass it to the handlers. */
export function watchApi(): ApiWatch {
  const emitter = new EventEmitter();
  const watch: ApiWatch = {
    emitter,
    count: 0,
    left: async (count) => {
      while (watch.count < count) await once(emitter, "left");
    },
  };
  return watch;
}

interface ApiBody {
  readonly model?: string;
  readonly stream?: boolean;
  readonly tools?: readonly unknown[];
  readonly input?: string | readonly string[];
  readonly encoding_format?: string;
}

const CALL = { name: "weather", arguments: '{"city":"Oslo"}' };
const WORDS = ["one ", "two ", "three"];
const CREATED = 1_700_000_000;

/**
 * Speaks OpenAI's API. The model says how: `status-429` is answered with that status, `flaky-…` twice with 503 and then
 * well, `endless` streams one piece and then nothing.
 */
export function openAiApi(watch: ApiWatch): ProviderHandler {
  const tries = new Map<string, number>();
  return (request, response) => {
    const path = new URL(request.url, "http://provider").pathname;
    if (/^(?:GET|HEAD)$/.test(request.method) && path === "/v1/models") {
      const data = ["small", "large"].map((id) => ({
        id,
        object: "model",
        created: CREATED,
        owned_by: "test",
      }));
      json(response, 200, { object: "list", data });
      return;
    }
    if (path === "/v1/files") {
      const file = { id: "file-1", object: "file", created_at: CREATED, status: "processed" };
      json(response, 200, { ...file, ...fileOf(request) });
      return;
    }
    const body = JSON.parse(request.body.toString("utf8")) as ApiBody;
    const status = statusOf(body.model ?? "", tries);
    if (status !== 200) {
      const error = {
        message: `the provider says ${status}`,
        type: "some_error",
        param: null,
        code: "its_own",
      };
      json(response, status, { error }, { "retry-after-ms": "5", "x-request-id": "req-1" });
    } else if (path === "/v1/embeddings") embeddings(response, body);
    else if (path === "/v1/chat/completions") chat(response, body, watch);
    else json(response, 404, { error: { message: `no ${path}`, type: "invalid_request_error" } });
  };
}

function statusOf(model: string, tries: Map<string, number>): number {
  const fixed = /^status-(\d{3})$/.exec(model)?.[1];
  if (fixed !== undefined) return Number(fixed);
  if (!model.startsWith("flaky-")) return 200;
  const before = tries.get(model) ?? 0;
  tries.set(model, before + 1);
  return before < 2 ? 503 : 200;
}

function chat(response: ServerResponse, body: ApiBody, watch: ApiWatch): void {
  const head = { id: "chatcmpl-1", created: CREATED, model: body.model };
  const call = { id: "call-1", type: "function", function: CALL };
  const usage = { prompt_tokens: 1, completion_tokens: 3, total_tokens: 4 };
  if (body.stream !== true) {
    const message =
      body.tools === undefined
        ? { role: "assistant", content: WORDS.join("") }
        : { role: "assistant", content: null, tool_calls: [call] };
    const finish = body.tools === undefined ? "stop" : "tool_calls";
    const choices = [{ index: 0, message, finish_reason: finish }];
    json(response, 200, { ...head, object: "chat.completion", choices, usage });
    return;
  }
  const deltas: object[] =
    body.tools === undefined
      ? WORDS.map((content) => ({ content }))
      : [{ tool_calls: [{ index: 0, ...call }] }];
  const chunk = (delta: object, finish: string | null): string =>
    `data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const end = [chunk({}, body.tools === undefined ? "stop" : "tool_calls"), "data: [DONE]\n\n"];
  stream(response, [...deltas.map((delta) => chunk(delta, null)), ...end], body, watch);
}

function embeddings(response: ServerResponse, { input = [], encoding_format: format, model }: ApiBody): void {
  const data = [input].flat().map((text, index) => {
    const vector = new Float32Array([text.length, 0.5, -1]);
    const embedding = format === "base64" ? Buffer.from(vector.buffer).toString("base64") : [...vector];
    return { object: "embedding", index, embedding };
  });
  json(response, 200, { object: "list", model, data, usage: { prompt_tokens: 1, total_tokens: 1 } });
}

/** Speaks Anthropic's API, with the same models as {@link openAiApi}. */
export function anthropicApi(watch: ApiWatch): ProviderHandler {
  const tries = new Map<string, number>();
  return (request, response) => {
    const path = new URL(request.url, "http://provider").pathname;
    if (request.headers["anthropic-version"] === undefined) {
      const error = { type: "invalid_request_error", message: "anthropic-version: header is required" };
      json(response, 400, { type: "error", error });
    } else if (request.method === "GET" && path === "/v1/models") {
      const data = ["small", "large"].map((id) => ({
        id,
        type: "model",
        display_name: id,
        created_at: "2026-01-01T00:00:00Z",
      }));
      json(response, 200, { data, has_more: false, first_id: "small", last_id: "large" });
    } else if (path === "/v1/messages") {
      const body = JSON.parse(request.body.toString("utf8")) as ApiBody;
      const status = statusOf(body.model ?? "", tries);
      const error = { type: "error", error: { type: "some_error", message: `the provider says ${status}` } };
      if (status !== 200) json(response, status, error, { "retry-after-ms": "5", "request-id": "req-1" });
      else message(response, body, watch);
    } else json(response, 404, { type: "error", error: { type: "not_found_error", message: `no ${path}` } });
  };
}

function message(response: ServerResponse, body: ApiBody, watch: ApiWatch): void {
  const usage = { input_tokens: 1, output_tokens: 3 };
  const text = { type: "text", text: WORDS.join("") };
  const use = {
    type: "tool_use",
    id: "toolu_1",
    name: CALL.name,
    input: JSON.parse(CALL.arguments) as object,
  };
  const stop = body.tools === undefined ? "end_turn" : "tool_use";
  const head = { id: "msg-1", type: "message", role: "assistant", model: body.model, stop_sequence: null };
  if (body.stream !== true) {
    const content = [body.tools === undefined ? text : use];
    json(response, 200, { ...head, content, stop_reason: stop, usage });
    return;
  }
  const start = body.tools === undefined ? { type: "text", text: "" } : { ...use, input: {} };
  const deltas =
    body.tools === undefined
      ? WORDS.map((word) => ({ type: "text_delta", text: word }))
      : [{ type: "input_json_delta", partial_json: CALL.arguments }];
  const events = [
    { type: "message_start", message: { ...head, content: [], stop_reason: null, usage } },
    { type: "content_block_start", index: 0, content_block: start },
    ...deltas.map((delta) => ({ type: "content_block_delta", index: 0, delta })),
    { type: "content_block_stop", index: 0 },
    { type: "message_delta", delta: { stop_reason: stop, stop_sequence: null }, usage },
    { type: "message_stop" },
  ];
  const pieces = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  stream(response, pieces, body, watch);
}

/** Writes pieces one turn of the event loop apart, as a model's come. */
function stream(
  response: ServerResponse,
  pieces: readonly string[],
  { model }: ApiBody,
  watch: ApiWatch,
): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.once("close", () => {
    if (response.writableFinished) return;
    watch.count++;
    watch.emitter.emit("left");
  });
  const isEndless = model === "endless";
  const write = (at: number): void => {
    const piece = pieces[at];
    if (piece === undefined) response.end();
    else {
      response.write(piece);
      if (!isEndless || at < 2) setImmediate(() => write(at + 1));
    }
  };
  write(0);
}

/** What came as multipart form data: the file and the field `purpose`. */
function fileOf({ body, headers }: ProviderRequest): object {
  const boundary = /boundary="?([^";]+)/.exec(headers["content-type"] ?? "")?.[1] ?? "none";
  const parts = body.toString("latin1").split(`--${boundary}`).slice(1, -1);
  const fields = parts.map((part) => {
    const end = part.indexOf("\r\n\r\n");
    return { head: part.slice(0, end), content: Buffer.from(part.slice(end + 4, -2), "latin1") };
  });
  const file = fields.find(({ head }) => head.includes('name="file"'));
  if (file === undefined) throw new TypeError("no file");
  const purpose = fields.find(({ head }) => head.includes('name="purpose"'))?.content.toString() ?? null;
  const sha256 = createHash("sha256").update(file.content).digest("hex");
  const filename = /filename="([^"]*)"/.exec(file.head)?.[1] ?? "";
  return { filename, bytes: file.content.length, purpose, sha256 };
}

function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}
