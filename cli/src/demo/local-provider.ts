import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A provider on this machine that behaves as OpenAI's API does towards the right key and the wrong one. */
export interface LocalProvider {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Requests that reached it so far, with whichever key: `METHOD path`. */
  readonly received: readonly string[];
  close(): Promise<void>;
}

const MODELS = ["demo-small", "demo-large"];
const CREATED = 1_700_000_000;
const BODY_LIMIT = 1024 * 1024;

/**
 * Starts the provider on a free port of the loopback. Every request must carry `Authorization: Bearer <apiKey>`, or
 * it is answered 401, so that an answer shows that the whole key arrived.
 */
export async function startLocalProvider({ apiKey }: { apiKey: string }): Promise<LocalProvider> {
  const received: string[] = [];
  const server = createServer((request, response) => {
    received.push(`${request.method ?? ""} ${request.url ?? ""}`);
    answer(request, response, apiKey).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, apiKey: string): Promise<void> {
  const body = await readBody(request);
  if (!sameText(request.headers.authorization ?? "", `Bearer ${apiKey}`)) {
    sendError(response, 401, "Incorrect API key provided.", "invalid_api_key");
    return;
  }
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  if (request.method === "GET" && pathname === "/v1/models") {
    sendJson(response, 200, { object: "list", data: MODELS.map(model) });
  } else if (request.method === "POST" && pathname === "/v1/chat/completions") {
    await complete(response, body);
  } else {
    sendError(response, 404, `Invalid URL (${request.method ?? ""} ${pathname})`, null);
  }
}

async function complete(response: ServerResponse, body: string): Promise<void> {
  const chat = parseChat(body);
  if (chat === undefined) {
    sendError(response, 400, "The body must be JSON with a model and messages.", null);
    return;
  }
  const text = `You said: ${chat.lastMessage}`;
  const head = { id: "chatcmpl-demo", created: CREATED, model: chat.model };
  if (!chat.stream) {
    const message = { role: "assistant", content: text };
    const choices = [{ index: 0, message, finish_reason: "stop" }];
    sendJson(response, 200, { ...head, object: "chat.completion", choices });
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  for (const word of text.split(/(?<= )/)) {
    const choices = [{ index: 0, delta: { content: word }, finish_reason: null }];
    response.write(`data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", choices })}\n\n`);
    // One turn of the event loop a word: the answer leaves in pieces, as a model's would.
    await new Promise((resolve) => setImmediate(resolve));
  }
  response.end("data: [DONE]\n\n");
}

interface Chat {
  readonly model: string;
  readonly lastMessage: string;
  readonly stream: boolean;
}

function parseChat(body: string): Chat | undefined {
  try {
    const { model, messages, stream } = JSON.parse(body) as Record<string, unknown>;
    const last: unknown = Array.isArray(messages) ? messages.at(-1) : undefined;
    const content = (last as { content?: unknown } | undefined)?.content;
    if (typeof model !== "string" || typeof content !== "string") return undefined;
    return { model, lastMessage: content, stream: stream === true };
  } catch {
    return undefined;
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT) throw new RangeError("request body too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function model(id: string) {
  return { id, object: "model", created: CREATED, owned_by: "vaultproof-demo" };
}

function sendError(response: ServerResponse, status: number, message: string, code: string | null): void {
  sendJson(response, status, { error: { message, type: "invalid_request_error", param: null, code } });
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
