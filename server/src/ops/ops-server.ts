import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { FastifyBaseLogger } from "fastify";
import type { Metrics } from "./metrics.js";
import type { OpenApiDocument } from "./openapi/describe-routes.js";
import { createDocsPage, DOCS_PATH } from "./openapi/docs-page.js";
import { checkReadiness, type ReadinessParts } from "./readiness.js";

/** What orchestrators and operators ask, on a port of its own that no edge signature guards. */
export interface OpsServer {
  readonly url: string;
  close(): Promise<void>;
}

/** What there is to be asked for. */
export interface OpsOptions extends ReadinessParts {
  readonly host: string;
  readonly port: number;
  readonly metrics: Pick<Metrics, "read" | "contentType">;
  /** Makes the description of the routes; asked once, when somebody wants it. */
  readonly describe: () => Promise<OpenApiDocument>;
  readonly log: Pick<FastifyBaseLogger, "error">;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

/**
 * `GET /health`: the process lives. `GET /ready`: calls can be served, else 503 with what is wrong. `GET /metrics`:
 * Prometheus' text format. `GET /openapi.json`: what the routes take and answer, and `GET /docs/` a page that shows it.
 */
export async function startOpsServer(options: OpsOptions): Promise<OpsServer> {
  const pages = pagesOf(options);
  // Nothing here depends on the name that it is reached by.
  const server = createServer({ requireHostHeader: false }, (request, response) => {
    void serve(pages, request, response).catch((err: unknown) => {
      options.log.error({ err }, "a request to the ops port failed");
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, { error: "Internal error" });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(options.port, options.host, resolve);
  });
  const { address, port, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  pages: ReadonlyMap<string, Answer>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = "", url = "" } = request;
  const path = url.split("?", 1)[0] ?? "";
  const page = pages.get(path.startsWith(`${DOCS_PATH}/`) ? DOCS_PATH : path);
  if (method !== "GET" && method !== "HEAD") sendJson(response, 405, { error: "Method not allowed" });
  else if (page === undefined) sendJson(response, 404, { error: "Not found" });
  else await page(request, response);
}

function pagesOf(options: OpsOptions): ReadonlyMap<string, Answer> {
  const document = once(options.describe);
  const docs = once(async () => await createDocsPage(await document()));
  return new Map<string, Answer>([
    ["/openapi.json", async (_, response) => sendJson(response, 200, await document())],
    [DOCS_PATH, async (request, response) => (await docs())(request, response)],
    ["/health", (_, response) => sendJson(response, 200, { status: "ok" })],
    [
      "/ready",
      async (_, response) => {
        const { ready, checks } = await checkReadiness(options);
        sendJson(response, ready ? 200 : 503, { status: ready ? "ready" : "unavailable", checks });
      },
    ],
    [
      "/metrics",
      async (_, response) => {
        const text = await options.metrics.read();
        response.writeHead(200, { "content-type": options.metrics.contentType }).end(text);
      },
    ],
  ]);
}

/** Does the work when it is first asked for; what failed is tried again by the next who asks. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () =>
    (done ??= work().catch((error: unknown) => {
      done = undefined;
      throw error;
    }));
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
