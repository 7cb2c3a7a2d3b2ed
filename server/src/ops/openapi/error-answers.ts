import { ERRORS, type ErrorCode, type PublicError } from "@vaultproof/protocol/errors";

/** An answer of an operation. */
export interface AnswerShape {
  description: string;
  readonly content?: object;
  headers?: object;
}

/** What any route may answer: the edge's, the backend's for it, and those of a service in trouble. */
const ANYWHERE: readonly ErrorCode[] = [
  ...(["forbidden", "invalidRequest", "internal", "backendUnavailable", "busy", "shuttingDown"] as const),
];
const WITH_BODY: readonly ErrorCode[] = ["payloadTooLarge", "unsupportedMediaType"];

const text = { type: "string" };
const figure = { type: "integer", minimum: 0 };
/** What may stand in a body besides its error and a fixed reason. */
const EXTRAS: Readonly<Partial<Record<ErrorCode, Record<string, object>>>> = {
  invalidRequest: { details: { type: "array", items: text } },
  rateLimited: { limit: figure, used: figure, reset: { ...figure, description: "Unix seconds" } },
  tooManySlots: { limit: figure, used: figure },
  internal: { requestId: { type: "string", format: "uuid" } },
};

/** A schema for each row of the protocol's table of errors, by the name under which answers refer to it. */
export function errorSchemas(): Record<string, object> {
  return Object.fromEntries(
    (Object.keys(ERRORS) as ErrorCode[]).map((code) => [nameOf(code), schemaOf(code)]),
  );
}

/** The refusals of a route by their status. */
export function errorAnswers(
  errors: readonly ErrorCode[],
  { hasBody }: { readonly hasBody: boolean },
): Record<string, AnswerShape> {
  const byStatus = new Map<number, Set<ErrorCode>>();
  for (const code of [...ANYWHERE, ...(hasBody ? WITH_BODY : []), ...errors]) {
    const { status } = ERRORS[code];
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(code));
  }
  return Object.fromEntries([...byStatus].map(([status, codes]) => [String(status), answerOf([...codes])]));
}

function answerOf(codes: readonly ErrorCode[]): AnswerShape {
  const refs = codes.map((code) => ({ $ref: `#/components/schemas/${nameOf(code)}` }));
  return {
    description: [...new Set(codes.map((code) => ERRORS[code].error))].join("; "),
    content: { "application/json": { schema: refs.length === 1 ? refs[0] : { anyOf: refs } } },
  };
}

function schemaOf(code: ErrorCode): object {
  const { error, reason }: PublicError = ERRORS[code];
  const fixed = reason === undefined ? {} : { reason: { const: reason } };
  return {
    type: "object",
    properties: { error: { const: error }, reason: text, ...fixed, ...EXTRAS[code] },
    required: ["error", ...Object.keys(fixed)],
  };
}

function nameOf(code: ErrorCode): string {
  return `Error.${code}`;
}
