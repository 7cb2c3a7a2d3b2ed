/** What the gateway refuses by itself, in one table: status and sentence. */
export const GATEWAY_ERRORS = {
  malformed: { status: 400, message: "This is not an HTTP request that the gateway understands." },
  "foreign-host": {
    status: 403,
    message: "The gateway is addressed by the name under which it listens, and no other.",
  },
  "foreign-origin": { status: 403, message: "Web pages may not use this gateway." },
  websocket: { status: 400, message: "The gateway carries no WebSockets." },
  "token-in-url": {
    status: 400,
    message:
      "A key or token in a URL ends in logs: put the gateway's token where the provider's SDK puts its key.",
  },
  "token-missing": {
    status: 401,
    message: "No gateway token came with the request: use the one of the project's placeholder keys.",
  },
  "token-unknown": { status: 401, message: "The gateway knows no project by this token." },
  "target-invalid": { status: 400, message: "The path cannot be passed on as it is written." },
  "target-too-long": { status: 414, message: "The path is too long." },
  "provider-unknown": { status: 404, message: "This project has no key for the provider in the path." },
  "method-not-carried": {
    status: 405,
    message: "The gateway carries GET, HEAD, POST, PUT, PATCH and DELETE.",
  },
  "headers-too-large": { status: 431, message: "The headers are too many or too long." },
  "body-not-allowed": { status: 400, message: "GET and HEAD have no body." },
  "body-coded": { status: 415, message: "Compressed request bodies are not carried." },
  "body-too-large": { status: 413, message: "The body is larger than the gateway carries (BODY_LIMIT)." },
  "too-slow": { status: 408, message: "The request did not come in time." },
  busy: { status: 503, message: "The gateway has too many calls in flight." },
  stopping: { status: 503, message: "The gateway is stopping." },
  "service-unreachable": {
    status: 503,
    message: "The VaultProof service could not be reached; nothing was sent.",
  },
  "service-lost": { status: 502, message: "The connection to the VaultProof service was lost." },
  "service-untrusted": {
    status: 403,
    message: "The VaultProof service is not the one that the app bundle names; nothing was sent.",
  },
  "proof-failed": { status: 500, message: "No proof could be made." },
  internal: { status: 500, message: "The gateway failed." },
} as const satisfies Record<string, { readonly status: number; readonly message: string }>;

/** The closed union of the gateway's own error codes. */
export type GatewayErrorCode = keyof typeof GATEWAY_ERRORS;

/** Seconds after which trying again makes sense, for those that pass by themselves. */
const RETRY_AFTER: Partial<Record<GatewayErrorCode, number>> = {
  busy: 1,
  stopping: 2,
  "service-unreachable": 2,
};

/** A request that the gateway refuses. Never holds anything of the request. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly code: GatewayErrorCode;
  readonly status: number;
  /** Seconds. */
  readonly retryAfter: number | undefined;

  constructor(code: GatewayErrorCode, options: { readonly detail?: string; readonly cause?: unknown } = {}) {
    const { status, message } = GATEWAY_ERRORS[code];
    const detail = options.detail === undefined ? "" : ` ${options.detail}`;
    super(message + detail, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.status = status;
    this.retryAfter = RETRY_AFTER[code];
  }
}
