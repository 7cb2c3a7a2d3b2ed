import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request as the provider saw it. */
export interface ProviderRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** Whether it carried the right key. */
  readonly authorised: boolean;
}

export type ProviderHandler = (request: ProviderRequest, response: ServerResponse) => void;

/** A provider on 127.0.0.1 that insists on its key and keeps what it was sent. */
export interface LocalProvider {
  readonly origin: string;
  readonly key: string;
  readonly requests: ProviderRequest[];
  /** Answers authorised requests from now on; `undefined` brings the default back. */
  respond(handler: ProviderHandler | undefined): void;
  /** Resolves once it has been sent `count` requests in all. */
  sent(count: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts a provider that answers 401 unless `authorization: Bearer <key>` is exact.
 * Default answers: `GET /v1/models` a list, `POST /v1/chat/completions` a completion (server-sent events when the
 * body asks for `"stream":true`), anything else an echo of method, path and body length.
 */
export async function startProvider(options: {
  key: string;
  header?: string;
  template?: string;
}): Promise<LocalProvider> {
  const header = options.header ?? "authorization";
  const expected = (options.template ?? "Bearer {key}").replace("{key}", options.key);
  const requests: ProviderRequest[] = [];
  const arrivals = new EventEmitter();
  let handler: ProviderHandler | undefined;
  const server = createServer((incoming, response) => {
    void collect(incoming).then((body) => {
      if (body === null) return;
      const authorised = incoming.headers[header] === expected;
      const { method = "", url = "", headers, rawHeaders } = incoming;
      const request = { method, url, headers, rawHeaders, body, authorised };
      requests.push(request);
      arrivals.emit("request");
      if (!authorised)
        json(response, 401, {
          error: { message: "Incorrect API key provided", type: "invalid_request_error" },
        });
      else (handler ?? answer)(request, response);
    });
  });
  await listen(server);
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    key: options.key,
    requests,
    respond: (next) => {
      handler = next;
    },
    sent: async (count) => {
      while (requests.length < count) await once(arrivals, "request");
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.closeAllConnections();
        server.close((error) => {
          if (error) reject(error);
          else resolve();
        });
      }),
  };
}

function answer(request: ProviderRequest, response: ServerResponse): void {
  if (request.method === "GET" && request.url === "/v1/models") {
    json(response, 200, { object: "list", data: [{ id: "local-1", object: "model" }] });
  } else if (request.method === "POST" && request.url === "/v1/chat/completions") {
    if (request.body.includes('"stream":true')) streamCompletion(response);
    else
      json(response, 200, {
        id: "c-1",
        object: "chat.completion",
        choices: [{ index: 0, message: { role: "assistant", content: "hello" }, finish_reason: "stop" }],
      });
  } else json(response, 200, { method: request.method, url: request.url, bytes: request.body.length });
}

function streamCompletion(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const content of ["hel", "lo"]) {
    response.write(
      `data: ${JSON.stringify({ id: "c-1", object: "chat.completion.chunk", choices: [{ index: 0, delta: { content } }] })}\n\n`,
    );
  }
  response.end("data: [DONE]\n\n");
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** The body's bytes, or null when the client went away first. */
async function collect(incoming: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
  } catch {
    return null;
  }
  return Buffer.concat(chunks);
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
}
