/** An error before it takes the form of a provider's. */
export interface ShapedError {
  readonly status: number;
  readonly message: string;
  /** For programs; begins with `vaultproof_`, so that nobody takes it for the provider's. */
  readonly code: string;
}

type Kind =
  "invalid" | "unauthenticated" | "forbidden" | "missing" | "large" | "limited" | "late" | "failed" | "away";

const KINDS: Readonly<Record<number, Kind>> = {
  401: "unauthenticated",
  403: "forbidden",
  404: "missing",
  413: "large",
  429: "limited",
  500: "failed",
  502: "away",
  503: "away",
  504: "late",
};

/** `error.type` as https://platform.openai.com/docs/guides/error-codes has it. */
const OPENAI_TYPES: Readonly<Record<Kind, string>> = {
  invalid: "invalid_request_error",
  unauthenticated: "authentication_error",
  forbidden: "permission_error",
  missing: "not_found_error",
  large: "invalid_request_error",
  limited: "rate_limit_error",
  late: "server_error",
  failed: "server_error",
  away: "server_error",
};

/** `error.type` as https://docs.anthropic.com/en/api/errors has it. */
const ANTHROPIC_TYPES: Readonly<Record<Kind, string>> = {
  ...OPENAI_TYPES,
  large: "request_too_large",
  late: "timeout_error",
  failed: "api_error",
  away: "overloaded_error",
};

/** `error.status` as https://ai.google.dev/gemini-api/docs/troubleshooting has it. */
const GOOGLE_STATUSES: Readonly<Record<Kind, string>> = {
  invalid: "INVALID_ARGUMENT",
  unauthenticated: "UNAUTHENTICATED",
  forbidden: "PERMISSION_DENIED",
  missing: "NOT_FOUND",
  large: "INVALID_ARGUMENT",
  limited: "RESOURCE_EXHAUSTED",
  late: "DEADLINE_EXCEEDED",
  failed: "INTERNAL",
  away: "UNAVAILABLE",
};

/** The body of an error in the form of the provider that a slug names; in OpenAI's for all that have no other. */
export function errorBody(slug: string | undefined, { status, message, code }: ShapedError): string {
  const kind = KINDS[status] ?? (status >= 500 ? "failed" : "invalid");
  const text = `VaultProof: ${message}`;
  switch (slug) {
    case "anthropic":
      return JSON.stringify({ type: "error", error: { type: ANTHROPIC_TYPES[kind], message: text, code } });
    case "google":
      return JSON.stringify({
        error: { code: status, message: text, status: GOOGLE_STATUSES[kind], details: [{ reason: code }] },
      });
    default:
      return JSON.stringify({ error: { message: text, type: OPENAI_TYPES[kind], param: null, code } });
  }
}
