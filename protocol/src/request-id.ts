/**
 * Names a request in the edge's answer and in the logs of edge and server. It finds things again and proves nothing:
 * the edge's signature does not cover it.
 */
export const REQUEST_ID_HEADER = "vp-request-id";

/** A UUID of version 4 or 7, lowercase. */
const REQUEST_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Whether a header's value is an id that may go into answers and logs. */
export function isRequestId(value: unknown): value is string {
  return typeof value === "string" && REQUEST_ID.test(value);
}
