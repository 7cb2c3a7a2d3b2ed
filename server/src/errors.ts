import type { ErrorCode, ErrorExtra } from "@vaultproof/protocol/errors";

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

  constructor(
    code: ErrorCode,
    options: {
      readonly extra?: ErrorExtra;
      readonly headers?: Readonly<Record<string, string>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(code, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.extra = options.extra ?? {};
    this.headers = options.headers ?? {};
  }
}
