import { createRequire } from "node:module";

/** A part of a description, read without knowing what it should hold. */
export type Part = Readonly<Record<string, unknown>>;

interface Ajv {
  validateSchema(schema: unknown): boolean;
  validate(schema: unknown, value: unknown): boolean;
  addSchema(schema: unknown, id: string): void;
  readonly errors: unknown;
}

const METHODS = new Set(["get", "put", "post", "delete", "options", "head", "patch", "trace"]);

/** JSON Schema 2020-12, of which OpenAPI 3.1 schemas are made, by the Ajv that Fastify brings. */
export function openAjv(): Ajv {
  const { resolve } = createRequire(import.meta.url);
  const fromFastify = createRequire(createRequire(resolve("fastify")).resolve("@fastify/ajv-compiler"));
  const { Ajv2020 } = fromFastify("ajv/dist/2020.js") as { Ajv2020: new (options: object) => Ajv };
  return new Ajv2020({ strict: false, validateFormats: false });
}

/** Every operation of a description. */
export function operationsOf(document: Part): { method: string; path: string; operation: Part }[] {
  return Object.entries(part(document.paths)).flatMap(([path, item]) =>
    Object.entries(part(item)).map(([method, operation]) => ({ method, path, operation: part(operation) })),
  );
}

/** What is wrong with a description by the rules of OpenAPI 3.1; nothing, it is to be hoped. */
export function problemsOf(document: Part): string[] {
  const problems: string[] = [];
  const check = (holds: boolean, problem: string): void => {
    if (!holds) problems.push(problem);
  };
  const { info, components, tags } = document;
  check(/^3\.1\.\d+$/.test(String(document.openapi)), "openapi");
  check(isText(part(info).title) && isText(part(info).version), "info");
  const tagNames = new Set((tags as Part[]).map(({ name }) => name));
  const schemes = Object.keys(part(part(components).securitySchemes));
  for (const [name, kinds] of Object.entries(part(components))) {
    for (const key of Object.keys(part(kinds))) check(/^[A-Za-z0-9._-]+$/.test(key), `${name}.${key}`);
  }
  for (const { method, path, operation } of operationsOf(document)) {
    const where = `${method} ${path}`;
    check(METHODS.has(method) && path.startsWith("/"), where);
    check(
      (operation.tags as string[] | undefined)?.every((tag) => tagNames.has(tag)) === true,
      `${where} tags`,
    );
    for (const requirement of (operation.security ?? []) as Part[]) {
      check(
        Object.keys(requirement).every((name) => schemes.includes(name)),
        `${where} security`,
      );
    }
    problems.push(...parameterProblems(where, path, (operation.parameters ?? []) as Part[]));
    const { requestBody, responses } = operation;
    if (requestBody !== undefined) {
      check(Object.keys(part(part(requestBody).content)).length > 0, `${where} requestBody`);
      check(method !== "get" && method !== "head", `${where} requestBody of ${method}`);
    }
    check(Object.keys(part(responses)).length > 0, `${where} responses`);
    for (const [status, answer] of Object.entries(part(responses))) {
      check(/^(?:[1-5]\d\d|[1-5]XX|default)$/.test(status), `${where} ${status}`);
      check(isText(part(answer).description), `${where} ${status} description`);
    }
  }
  return [...problems, ...referenceProblems(document), ...schemaProblems(document)];
}

function parameterProblems(where: string, path: string, parameters: readonly Part[]): string[] {
  const inPath = parameters.filter((parameter) => parameter.in === "path").map(({ name }) => String(name));
  const inTemplate = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => String(name));
  const names = parameters.map((parameter) => `${String(parameter.in)} ${String(parameter.name)}`);
  const isWell =
    inPath.sort().join() === inTemplate.sort().join() &&
    new Set(names).size === names.length &&
    parameters.every(
      ({ in: place, required, schema }) => schema !== undefined && (place !== "path" || required === true),
    );
  return isWell ? [] : [`${where} parameters`];
}

function referenceProblems(document: Part): string[] {
  return everyObject(document).flatMap(({ $ref: reference }) => {
    if (reference === undefined) return [];
    if (typeof reference !== "string" || !reference.startsWith("#/")) return ["a reference to elsewhere"];
    const target = reference
      .split("/")
      .slice(1)
      .reduce<unknown>((at, name) => part(at)[name], document);
    return target === undefined ? [`reference ${reference}`] : [];
  });
}

function schemaProblems(document: Part): string[] {
  const ajv = openAjv();
  const schemas = [
    ...everyObject(document).flatMap(({ schema }) => (schema === undefined ? [] : [schema])),
    ...Object.values(part(part(document.components).schemas)),
  ];
  return schemas.flatMap((schema) =>
    ajv.validateSchema(schema) ? [] : [JSON.stringify([schema, ajv.errors])],
  );
}

function everyObject(value: unknown): Part[] {
  if (typeof value !== "object" || value === null) return [];
  return [...(Array.isArray(value) ? [] : [part(value)]), ...Object.values(value).flatMap(everyObject)];
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

/** A member that should be an object; an empty one if it is not. */
export function part(value: unknown): Part {
  return typeof value === "object" && value !== null ? (value as Part) : {};
}
