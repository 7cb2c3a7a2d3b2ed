import { ServerError } from "../errors.js";
import { readStrictJson } from "../read-strict-json.js";

const JSON_TYPE = /^application\/json(?:\s*;\s*charset="?utf-8"?)?\s*$/i;

/**
 * Reads a JSON body whose bytes were verified. No bytes at all read as undefined, whatever their type.
 *
 * @throws ServerError `unsupportedMediaType`, or `invalidRequest` as {@link readStrictJson} does.
 */
export function readJsonBody(bytes: Uint8Array, contentType: string | undefined): unknown {
  if (bytes.length === 0) return undefined;
  if (!JSON_TYPE.test(contentType ?? "")) throw new ServerError("unsupportedMediaType");
  return readStrictJson(bytes);
}
