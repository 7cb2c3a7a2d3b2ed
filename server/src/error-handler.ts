import { DatabaseError } from "@vaultproof/db/errors";
import { ERRORS, errorBody, type ErrorCode } from "@vaultproof/protocol/errors";
import type { FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { ServerError } from "./errors.js";

const MAX_DETAILS = 16;
const MAX_DETAIL_CHARS = 128;

/** What Fastify itself refuses, as codes of the protocol; any other 4xx of its own is an invalid request. */
const FRAMEWORK_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "payloadTooLarge",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupportedMediaType",
  FST_ERR_NOT_FOUND: "notFound",
};

/** The one place where an error becomes an answer: what {@link toServerError} makes of it, in the protocol's form. */
export async function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const refusal = toServerError(error);
  request.refusal = refusal.code;
  const extra = refusal.code === "internal" ? { requestId: request.id } : refusal.extra;
  if (refusal.code === "internal") request.log.error({ err: error }, "unexpected error");
  else if (refusal.cause !== undefined) request.log.debug({ err: refusal.cause }, "refused");
  await reply
    .code(ERRORS[refusal.code].status)
    .headers(refusal.headers)
    .type("application/json")
    .send(JSON.stringify(errorBody(refusal.code, extra)));
}

/** Any thrown value as one of the protocol's errors; what nobody foresaw is `internal`, with its cause for the log. */
export function toServerError(error: unknown): ServerError {
  if (error instanceof ServerError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    // A path parameter that cannot be right names nothing that exists.
    if (error.validationContext === "params") return new ServerError("notFound");
    return new ServerError("invalidRequest", {
      extra: { details: error.validation.map(toDetail).slice(0, MAX_DETAILS) },
    });
  }
  if (error instanceof DatabaseError && error.code === "no-connection") {
    return new ServerError("busy", { headers: { "retry-after": "1" }, cause: error });
  }
  // Anything can be thrown, null too.
  const { code, statusCode } = Object(error) as { code?: unknown; statusCode?: unknown };
  const known =
    typeof code === "string" && Object.hasOwn(FRAMEWORK_CODES, code) ? FRAMEWORK_CODES[code] : undefined;
  if (known !== undefined) return new ServerError(known);
  if (typeof statusCode === "number" && statusCode >= 400 && statusCode < 500) {
    return new ServerError("invalidRequest", { cause: error });
  }
  return new ServerError("internal", { cause: error });
}

/** Names members and says what they should be; never a value. */
function toDetail({ instancePath, message = "" }: { instancePath: string; message?: string }): string {
  const where = instancePath.split("/").slice(1).join(".").slice(0, MAX_DETAIL_CHARS);
  // A message names unknown members, and those may be as long as the body.
  const what = message.slice(0, MAX_DETAIL_CHARS);
  return where === "" ? what : `${where}: ${what}`;
}
