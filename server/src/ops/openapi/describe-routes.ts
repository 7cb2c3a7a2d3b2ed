import { STATUS_CODES } from "node:http";
import type { FastifyInstance, FastifySchema, RouteOptions } from "fastify";
import { VERSION } from "../../version.js";
import { errorAnswers, errorSchemas, type AnswerShape } from "./error-answers.js";
import { ROUTE_NOTES, TAGS, type RouteNote } from "./route-notes.js";

/** A description in the form of OpenAPI 3.1. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, object>; headers?: Record<string, object> };
  [member: string]: unknown;
}

interface Operation {
  requestBody?: { required?: boolean };
  responses: Record<string, AnswerShape>;
  [member: string]: unknown;
}

/** A route as it was registered. */
export type RegisteredRoute = Pick<RouteOptions, "method" | "url" | "schema">;

/** What the plugin says of an answer that nobody described. */
const UNDESCRIBED = "Default Response";
const OWN_HEADERS = {
  "vp-source": {
    description: "Whose answer it is: the server's and its edge's own, or the provider's",
    schema: { type: "string", enum: ["vaultproof", "upstream"] },
  },
  "vp-request-id": {
    description: "Names the request in the logs of edge and server; covered by no signature",
    schema: { type: "string", format: "uuid" },
  },
};
const SECURITY_SCHEMES = {
  edgeSignature: {
    type: "apiKey" as const,
    in: "header" as const,
    name: "signature",
    description:
      "RFC 9421, `hmac-sha256`, label `vp-edge`. The edge adds it on the way to the backend, so clients need not; without it a backend answers 403.",
  },
  developerSignature: {
    type: "apiKey" as const,
    in: "header" as const,
    name: "signature",
    description:
      "RFC 9421, `ed25519`, label `vp-developer`, over `@method`, `@path`, `@query`, `content-digest` and `vp-server`, with a nonce that is used once. Every answer to it is signed by the server's identity, label `vp-answer`.",
  },
};

/**
 * Describes routes by the schemas that they were registered with. The routes are registered once more, at an app that
 * serves nobody: the serving one then needs no plugin and starts no later.
 */
export async function describeRoutes(routes: readonly RegisteredRoute[]): Promise<OpenApiDocument> {
  const [{ default: Fastify }, { default: swagger }, { jsonSchemaTransform }] = await Promise.all([
    import("fastify"),
    import("@fastify/swagger"),
    import("fastify-type-provider-zod"),
  ]);
  const app: FastifyInstance = Fastify({ exposeHeadRoutes: false });
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => () => "");
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "VaultProof", version: VERSION, description: "As clients see it, through the edge" },
      servers: [{ url: "/", description: "The edge" }],
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      components: { securitySchemes: SECURITY_SCHEMES },
    },
    convertConstToEnum: false,
    transform: jsonSchemaTransform,
  });
  for (const route of routes) {
    app.route({ ...keyOf(route), schema: schemaOf(route), handler: () => undefined });
  }
  await app.ready();
  const document = app.swagger() as unknown as OpenApiDocument;
  await app.close();
  for (const route of routes) complete(document, route);
  document.components = {
    ...document.components,
    schemas: { ...document.components?.schemas, ...errorSchemas() },
    headers: OWN_HEADERS,
  };
  return document;
}

function keyOf({ method, url }: RegisteredRoute): { method: string; url: string } {
  return { method: [method].flat()[0] ?? "GET", url };
}

/** Undefined for a route that somebody added without a row; it is described by its schemas alone. */
function noteOf(route: RegisteredRoute): RouteNote | undefined {
  const { method, url } = keyOf(route);
  return ROUTE_NOTES[`${method} ${url}`];
}

function schemaOf(route: RegisteredRoute): FastifySchema {
  const note = noteOf(route);
  if (note === undefined) return route.schema ?? {};
  const { tag, summary, description, shapes = {}, signed } = note;
  return {
    ...{ ...shapes, ...route.schema, tags: [tag], summary },
    ...(description === undefined ? {} : { description }),
    security: [{ edgeSignature: [], ...(signed === true ? { developerSignature: [] } : {}) }],
  };
}

/** What the plugin does not make: refusals, headers of every answer, and bodies that may be left out. */
function complete({ paths }: OpenApiDocument, route: RegisteredRoute): void {
  const { method, url } = keyOf(route);
  const operation = paths[url.replaceAll(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()];
  if (operation === undefined) return;
  const { body } = route.schema ?? {};
  if (operation.requestBody !== undefined && acceptsNothing(body)) operation.requestBody.required = false;
  const hasBody = operation.requestBody !== undefined;
  operation.responses = { ...operation.responses, ...errorAnswers(noteOf(route)?.errors ?? [], { hasBody }) };
  const headers = Object.fromEntries(
    Object.keys(OWN_HEADERS).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  );
  for (const [status, answer] of Object.entries(operation.responses)) {
    answer.headers = { ...answer.headers, ...headers };
    if (answer.description === UNDESCRIBED) answer.description = STATUS_CODES[status] ?? status;
  }
}

function acceptsNothing(schema: unknown): boolean {
  const { safeParse } = Object(schema) as { safeParse?: (value: unknown) => { success: boolean } };
  return safeParse?.(undefined).success ?? false;
}
