import { nestsWithin, parseStrictJson } from "@vaultproof/protocol/canonical-json";
import { ServerError } from "../errors.js";

const JSON_TYPE = /^application\/json(?:\s*;\s*charset="?utf-8"?)?\s*$/i;

/**
 * Reads a JSON body whose bytes were verified. No bytes at all read as undefined, whatever their type.
 *
 * @throws ServerError `unsupportedMediaType`, or `invalidRequest` when it is not UTF-8, nests too deep, or is JSON
 *   that two parsers could read differently.
 */
export function readJsonBody(bytes: Uint8Array, contentType: string | undefined): unknown {
  if (bytes.length === 0) return undefined;
  if (!JSON_TYPE.test(contentType ?? "")) throw new ServerError("unsupportedMediaType");
  const text = decodeUtf8(bytes);
  if (!nestsWithin(text)) throw invalid("the body nests too deep");
  try {
    return parseStrictJson(text);
  } catch (cause) {
    throw invalid("the body is not strict JSON", cause);
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

function invalid(detail: string, cause?: unknown): ServerError {
  return new ServerError("invalidRequest", { extra: { details: [detail] }, cause });
}
