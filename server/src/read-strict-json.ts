import { parseStrictJson, StrictJsonError } from "@vaultproof/protocol/canonical-json";
import { ServerError } from "./errors.js";

/**
 * Reads JSON from the bytes that an edge signed for.
 *
 * @throws ServerError `invalidRequest` when it is not UTF-8, nests too deep, or is JSON that two parsers could read
 *   differently.
 */
export function readStrictJson(bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes);
  try {
    return parseStrictJson(text);
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
    throw invalid(`the body: ${cause.message}`, cause);
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    // A byte order mark stays, and is then no JSON: one text, one reading.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw invalid("the body is not UTF-8", cause);
  }
}

function invalid(detail: string, cause: unknown): ServerError {
  return new ServerError("invalidRequest", { extra: { details: [detail] }, cause });
}
