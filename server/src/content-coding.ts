import { ServerError } from "./errors.js";

/**
 * Refuses a body that says it is compressed, however it is spelt: nothing here decodes one, and its bytes must not be
 * read as if they had not said so (RFC 9110, section 8.4).
 *
 * @param header `Content-Encoding` as it came.
 * @throws ServerError `unsupportedMediaType`.
 */
export function refuseContentCoding(header: string | undefined): void {
  const isPlain = header === undefined || /^\s*(?:identity)?\s*$/i.test(header);
  if (!isPlain) throw new ServerError("unsupportedMediaType");
}
