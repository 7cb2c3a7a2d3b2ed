import type { ErrorCode, ErrorExtra } from "@vaultproof/protocol/errors";

/**
 * Why a request was refused before anything was proved, for the log of the slot or of the developer. Callers are not told:
 * to them these are one answer.
 */
export type LogReason =
  "malformed" | "expired" | "revoked" | "app not granted" | "proof" | "replay" | "busy" | "unauthorized";

/**
 * Why a request is refused: a code of the protocol's table, which holds status and public text, and what else the
 * caller may know. The cause is for the log and never sent.
 */
export class ServerError extends Error {
  override readonly name = "ServerError";
  readonly code: ErrorCode;
  readonly extra: ErrorExtra;
  /** Fields of the answer besides its body, for example `retry-after`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Never leaves the server but in the log of the slot, to its developer. */
  readonly logReason: LogReason | undefined;

  constructor(
    code: ErrorCode,
    options: {
      readonly extra?: ErrorExtra;
      readonly headers?: Readonly<Record<string, string>>;
      readonly cause?: unknown;
      readonly logReason?: LogReason;
    } = {},
  ) {
    super(code, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.extra = options.extra ?? {};
    this.headers = options.headers ?? {};
    this.logReason = options.logReason;
  }
}
