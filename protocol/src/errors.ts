/** What one error looks like from outside. */
export interface PublicError {
  readonly status: number;
  readonly error: string;
  readonly reason?: string;
}

/**
 * Every error that edge and server answer with, in one table. Texts are part of the protocol: clients compare them.
 * A reason here is fixed; a reason that depends on the request is given to {@link errorBody}.
 */
export const ERRORS = {
  // Edge to backend, step 1: one answer for every cause, on every path.
  forbidden: { status: 403, error: "Forbidden" },
  // Step 2 and the shape of every other route.
  invalidRequest: { status: 400, error: "Invalid request" },
  unsupportedMediaType: { status: 415, error: "Unsupported media type" },
  payloadTooLarge: { status: 413, error: "Request too large" },
  // Step 4; also the answer for whatever step 3 refuses, so that it tells nothing apart.
  invalidProof: { status: 403, error: "Invalid ZK proof", reason: "Proof verification failed" },
  // Step 5, told only to a caller whose proof holds.
  appNotAuthorized: { status: 403, error: "App not authorized" },
  // Step 6.
  replay: { status: 403, error: "Proof already used (replay detected)" },
  rateLimited: { status: 429, error: "Too many requests" },
  // Steps 5 and 7.
  keyReconstruction: { status: 422, error: "Key reconstruction failed" },
  unknownTransportKey: { status: 422, error: "Key reconstruction failed", reason: "Unknown transport key" },
  // Step 8.
  upstreamFailed: { status: 502, error: "Upstream request failed" },
  upstreamTimeout: { status: 504, error: "Upstream request failed" },
  // Developer routes.
  unauthorized: { status: 401, error: "Unauthorized" },
  registrationClosed: { status: 403, error: "Registration is closed" },
  inviteRequired: {
    status: 403,
    error: "Registration needs an invite",
    reason: "The invite token is missing, wrong or used",
  },
  notFound: { status: 404, error: "Not found" },
  methodNotAllowed: { status: 405, error: "Method not allowed" },
  slotExists: { status: 409, error: "Key slot already exists" },
  versionConflict: { status: 409, error: "Key slot has changed" },
  tooManySlots: { status: 409, error: "Too many key slots" },
  slotFull: { status: 409, error: "Key slot has no free place for another app" },
  shareNotOpened: { status: 422, error: "Sealed share could not be opened" },
  unsupportedRestriction: { status: 422, error: "Unsupported restriction" },
  // The service itself.
  backendUnavailable: { status: 502, error: "Backend unavailable" },
  busy: { status: 503, error: "Service busy" },
  shuttingDown: { status: 503, error: "Service shutting down" },
  internal: { status: 500, error: "Internal error" },
} as const satisfies Record<string, PublicError>;

/** The closed union of error codes. */
export type ErrorCode = keyof typeof ERRORS;

/** What may stand beside `error` in a body: a reason, the details of a bad request, or the figures of a limit. */
export interface ErrorExtra {
  readonly reason?: string;
  readonly details?: readonly string[];
  readonly limit?: number;
  readonly used?: number;
  /** Unix seconds at which the limit's window ends. */
  readonly reset?: number;
  readonly requestId?: string;
}

/** The JSON body of an error: `{"error": …}` plus its reason or details. */
export function errorBody(code: ErrorCode, extra: ErrorExtra = {}): { error: string } & ErrorExtra {
  const known: PublicError = ERRORS[code];
  return { error: known.error, ...(known.reason === undefined ? {} : { reason: known.reason }), ...extra };
}
