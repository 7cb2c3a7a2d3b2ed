import { ERRORS } from "@vaultproof/protocol/errors";
import { describeRoutes, type RegisteredRoute } from "@vaultproof/server/ops/openapi/describe-routes";
import t, { type Test } from "tap";
import { z } from "zod";
import { openAnyDatabase } from "../../helpers/any-database.js";
import { openAjv, operationsOf, part, problemsOf, type Part } from "../../helpers/openapi-document.js";
import { plainRequest } from "../../helpers/signed-requests.js";
import { openTestApp } from "../../helpers/test-app.js";

const db = await openAnyDatabase(t);

const routes: RegisteredRoute[] = [];
const server = await openTestApp(t, db, { overrides: { onRoute: (route) => void routes.push(route) } });
await server.app.ready();
const document = (await describeRoutes(routes)) as unknown as Part;
const operations = operationsOf(document);

void t.test("the description is well-formed", (t) => {
  t.same(problemsOf(document), []);
  const broken = structuredClone(document) as { paths: Record<string, Record<string, Part>> };
  broken.paths["/x/{y}"] = { get: { responses: {}, security: [{ none: [] }], z: { $ref: "#/none" } } };
  t.equal(problemsOf(broken).length, 5, "and its check notices what is not");
  t.end();
});

void t.test("every route that is registered is described, and no other", (t) => {
  const registered = routes.map(
    ({ method, url }) => `${String(method)} ${url.replaceAll(/:(\w+)/g, "{$1}")}`,
  );
  const described = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  t.same(described.sort(), registered.sort());
  for (const route of [
    "POST /api/v1/proxy/call",
    "POST /api/v1/developers",
    "POST /api/v1/keys/store",
    "GET /api/v1/keys/list",
    "POST /api/v1/keys/revoke/{keySlotId}",
    "POST /api/v1/keys/{keySlotId}/grant",
    "POST /api/v1/keys/{keySlotId}/revoke-app",
    "GET /api/v1/keys/{keySlotId}/path",
    "GET /.well-known/vaultproof",
  ]) {
    t.ok(described.includes(route), route);
  }
  for (const { method, path, operation } of operations) {
    t.type(operation.summary, "string", `${method} ${path} has a row in route-notes.ts`);
    const answers = Object.keys(part(operation.responses)).filter((status) =>
      /^(?:2\d\d|default)$/.test(status),
    );
    t.ok(answers.length > 0, `${method} ${path} says what it answers`);
  }
  t.end();
});

void t.test("a route that somebody adds appears by its schemas alone", async (t) => {
  const added = {
    method: "POST",
    url: "/api/v1/added/:id",
    schema: { body: z.object({ canary: z.string() }), response: { 202: z.object({ taken: z.boolean() }) } },
  };
  const { paths } = (await describeRoutes([...routes, added])) as unknown as { paths: Record<string, Part> };
  t.match(paths["/api/v1/added/{id}"], {
    post: {
      parameters: [{ name: "id", in: "path" }],
      requestBody: {
        content: { "application/json": { schema: { properties: { canary: { type: "string" } } } } },
      },
      responses: { 202: { content: {} }, 403: { description: ERRORS.forbidden.error } },
    },
  });
});

await t.test("who must sign is as it is described", async (t) => {
  for (const { method, path, operation } of operations) {
    const signed = JSON.stringify(operation.security).includes("developerSignature");
    t.match(operation.security, [{ edgeSignature: [] }]);
    // Registration looks at the key in its body first.
    if (path === "/api/v1/developers") continue;
    const url = path.replace("{keySlotId}", "6f1c7b1e-6a55-4c8e-9d43-0a5b8f8d2c11");
    const body = method === "get" ? {} : { body: {} };
    const answer = await server.sendThroughEdge(plainRequest(method.toUpperCase(), url, body));
    t.equal(answer.status === 401, signed, `${method} ${path}`);
    const unsigned = await server.send(plainRequest(method.toUpperCase(), url, body));
    t.equal(unsigned.status, 403);
  }
});

await t.test("answers are as they are described", async (t) => {
  const ajv = openAjv();
  ajv.addSchema(document, "document");
  const fits = (t: Test, method: string, path: string, answer: { status: number; json: unknown }): void => {
    const operation = part(part(part(document.paths)[path])[method]);
    const described = part(part(operation.responses)[String(answer.status)]);
    const schema = part(part(described.content)["application/json"]).schema;
    t.ok(schema !== undefined, `${method} ${path} may answer ${answer.status}`);
    const pointer = `document#/paths/${path.replaceAll("/", "~1").replaceAll("{", "%7B").replaceAll("}", "%7D")}`;
    const ref = `${pointer}/${method}/responses/${answer.status}/content/application~1json/schema`;
    t.ok(ajv.validate({ $ref: ref }, answer.json), JSON.stringify([answer.json, ajv.errors]));
  };
  const edge = async (method: "GET" | "POST", url: string, body?: unknown) =>
    await server.sendThroughEdge(plainRequest(method, url, body === undefined ? {} : { body }));
  const developer = await server.registered();
  fits(t, "get", "/api/v1/keys/list", await server.manage(developer, "GET", "/api/v1/keys/list"));
  fits(t, "get", "/api/v1/keys/list", await edge("GET", "/api/v1/keys/list"));
  fits(
    t,
    "post",
    "/api/v1/keys/store",
    await server.manage(developer, "POST", "/api/v1/keys/store", { a: 1 }),
  );
  fits(t, "get", "/.well-known/vaultproof", await edge("GET", "/.well-known/vaultproof"));
  fits(t, "get", "/internal/health", await edge("GET", "/internal/health"));
  fits(t, "post", "/api/v1/proxy/call", await edge("POST", "/api/v1/proxy/call", {}));
  fits(t, "get", "/api/v1/keys/{keySlotId}/path", await edge("GET", "/api/v1/keys/x/path?leaf=1"));
  const slot = "/api/v1/keys/6f1c7b1e-6a55-4c8e-9d43-0a5b8f8d2c11";
  fits(
    t,
    "post",
    "/api/v1/keys/{keySlotId}/revoke-app",
    await server.manage(developer, "POST", `${slot}/revoke-app`, { appId: "a" }),
  );
});

void t.test("errors are those of the protocol's table, word for word", (t) => {
  const schemas = part(part(document.components).schemas);
  for (const [code, { error, status }] of Object.entries(ERRORS)) {
    t.match(schemas[`Error.${code}`], { properties: { error: { const: error } } });
    const used = operations.some(({ operation }) =>
      JSON.stringify(part(operation.responses)[String(status)] ?? null).includes(`Error.${code}"`),
    );
    // The edge answers these, on a path of its own.
    if (code !== "methodNotAllowed") t.ok(used, `${code} is some route's answer`);
  }
  t.end();
});
