import type { IncomingMessage, ServerResponse } from "node:http";
import type { OpenApiDocument } from "./describe-routes.js";

/** Where the page is. */
export const DOCS_PATH = "/docs";

/** Nothing but what this server serves is loaded, and nobody may put the page into another. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Answers requests for the page and its parts. */
export type DocsPage = (request: IncomingMessage, response: ServerResponse) => void;

/** Makes the page that shows a document. It calls nobody: its routes need signatures that no page can make. */
export async function createDocsPage(document: OpenApiDocument): Promise<DocsPage> {
  const [{ default: Fastify }, { default: swagger }, { default: swaggerUi }] = await Promise.all([
    import("fastify"),
    import("@fastify/swagger"),
    import("@fastify/swagger-ui"),
  ]);
  const app = Fastify();
  app.addHook("onSend", (_request, reply, _payload, done) => {
    void reply.headers({
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
    done();
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: "Not found" }));
  await app.register(swagger, { mode: "static", specification: { document: document as never } });
  await app.register(swaggerUi, {
    routePrefix: DOCS_PATH,
    uiConfig: { layout: "BaseLayout", supportedSubmitMethods: [], deepLinking: true },
    theme: { title: "VaultProof" },
  });
  await app.ready();
  return (request, response) => app.routing(request, response);
}
