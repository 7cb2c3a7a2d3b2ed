import { errors } from "undici";
import { EgressRefusedError } from "./egress-connector.js";

/** Why no answer came. `aborted` is the caller's own doing; the rest is told to it. */
export interface UpstreamFailure {
  readonly kind: "failed" | "timeout" | "aborted";
  readonly reason: string;
}

/** A call that a provider did not answer. The cause is for the log. */
export class UpstreamError extends Error {
  override readonly name = "UpstreamError";
  readonly failure: UpstreamFailure;

  constructor(failure: UpstreamFailure, cause?: unknown) {
    super(failure.reason, { cause });
    this.failure = failure;
  }
}

/** The abort reason of a call that took longer than it may in all. */
export class TotalTimeoutError extends Error {
  override readonly name = "TotalTimeoutError";
}

const FAILED: Readonly<Record<string, string>> = {
  ENOTFOUND: "Host not found",
  EAI_AGAIN: "Host not found",
  ECONNREFUSED: "Connection refused",
  EHOSTUNREACH: "Connection failed",
  ENETUNREACH: "Connection failed",
  EADDRNOTAVAIL: "Connection failed",
  ECONNRESET: "Connection closed",
  EPIPE: "Connection closed",
  UND_ERR_SOCKET: "Connection closed",
  UND_ERR_HEADERS_OVERFLOW: "Invalid answer",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "Invalid answer",
};
const TIMED_OUT: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: "Connection timed out",
  ETIMEDOUT: "Connection timed out",
  UND_ERR_HEADERS_TIMEOUT: "No answer in time",
  UND_ERR_BODY_TIMEOUT: "No answer in time",
};
const TLS = /^(?:ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO)/;

/** Names a failure in public words: the system's own may hold addresses of the operator's network. */
export function upstreamError(error: unknown, signal: AbortSignal): UpstreamError {
  if (error instanceof UpstreamError) return error;
  return new UpstreamError(failureOf(error, signal), error);
}

function failureOf(error: unknown, signal: AbortSignal): UpstreamFailure {
  if (error instanceof EgressRefusedError) return { kind: "failed", reason: "Address not allowed" };
  if (signal.aborted) {
    return signal.reason instanceof TotalTimeoutError
      ? { kind: "timeout", reason: "No answer in time" }
      : { kind: "aborted", reason: "Caller went away" };
  }
  const { code: told } = error as { code?: unknown };
  const code = typeof told === "string" ? told : "";
  const timedOut = TIMED_OUT[code];
  if (timedOut !== undefined) return { kind: "timeout", reason: timedOut };
  if (TLS.test(code)) return { kind: "failed", reason: "TLS failed" };
  if (error instanceof errors.HTTPParserError) return { kind: "failed", reason: "Invalid answer" };
  return { kind: "failed", reason: FAILED[code] ?? "Connection failed" };
}
