import { ERRORS, type ErrorCode, type ErrorExtra, errorBody } from "@vaultproof/protocol/errors";

/** Tells a client whose status it sees; the backend sets it on its own answers, the edge on what it answers itself. */
export const SOURCE_HEADER = "vp-source";

/** An answer that the edge makes itself. */
export function jsonAnswer(status: number, body: object, headers: Record<string, string> = {}): Response {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  return new Response(bytes, {
    status,
    headers: {
      "content-type": "application/json",
      "content-length": String(bytes.length),
      "cache-control": "no-store",
      [SOURCE_HEADER]: "vaultproof",
      ...headers,
    },
  });
}

/** The edge's own answer for an error code, with status and text of the protocol's table. */
export function errorAnswer(
  code: ErrorCode,
  extra: ErrorExtra = {},
  headers: Record<string, string> = {},
): Response {
  return jsonAnswer(ERRORS[code].status, errorBody(code, extra), headers);
}
