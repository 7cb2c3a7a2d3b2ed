import { ERRORS } from "@vaultproof/protocol/errors";
import { VaultProofError, type VaultProofErrorCode } from "@vaultproof/sdk/errors";
import type { ShapedError } from "./error-shape.js";
import { GatewayError, type GatewayErrorCode } from "./gateway-error.js";

/** No refusal of the service's own is longer. */
const MAX_REFUSAL_BYTES = 4096;
const MAX_TEXT_CHARS = 300;

/** Whether an answer is the service's own and not the provider's. */
export function isServiceRefusal(response: Response): boolean {
  return response.headers.get("vp-source") === "vaultproof" && response.status >= 400;
}

/**
 * What a refusal of the service's says to a program that knows only the provider. The status stays, but for 404: it
 * tells that app or key were revoked, which a provider's SDK would report as a model or file that does not exist.
 */
export async function readServiceRefusal(response: Response): Promise<ShapedError> {
  const { error, reason } = readObject(await readShort(response));
  const known = Object.entries(ERRORS).find(
    ([, entry]) => entry.error === error && entry.status === response.status,
  );
  if (response.status === 404) {
    return {
      status: 403,
      code: "vaultproof_app_revoked",
      message: "the app, or the key that it calls with, was revoked or never granted.",
    };
  }
  const code = known === undefined ? "vaultproof_refused" : `vaultproof_${snakeCase(known[0])}`;
  const said = error ?? `the service refused the call (${response.status})`;
  return { status: response.status, code, message: reason === undefined ? said : `${said}: ${reason}` };
}

/** What the SDK throws, in the gateway's terms. */
export function gatewayErrorOf(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  // As fetch reports a network that failed.
  if (error instanceof TypeError) {
    const code = isNeverSent(error.cause) ? "service-unreachable" : "service-lost";
    return new GatewayError(code, { cause: error });
  }
  if (!(error instanceof VaultProofError)) return new GatewayError("internal", { cause: error });
  return new GatewayError(CODES[error.code] ?? "internal", { cause: error });
}

/** System calls before a connection is there, and codes of a connection that never was. */
const BEFORE_SENDING = {
  syscalls: ["connect", "getaddrinfo"],
  codes: ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ERR_SOCKET_CONNECTION_TIMEOUT"],
};

/** Whether a request failed before anything of it could be sent, so that it was certainly not carried out. */
function isNeverSent(error: unknown): boolean {
  // One for each address of the name.
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isNeverSent);
  if (!(error instanceof Error)) return false;
  const { code = "", syscall = "" } = error as NodeJS.ErrnoException;
  const isEarly = BEFORE_SENDING.syscalls.includes(syscall) || BEFORE_SENDING.codes.includes(code);
  return isEarly || isNeverSent(error.cause);
}

const CODES: Partial<Record<VaultProofErrorCode, GatewayErrorCode>> = {
  unreachable: "service-unreachable",
  "insecure-url": "service-untrusted",
  "identity-changed": "service-untrusted",
  "identity-unpinned": "service-untrusted",
  "document-invalid": "service-untrusted",
  "document-expired": "service-untrusted",
  "circuit-mismatch": "service-untrusted",
  "answer-unverified": "service-untrusted",
  "path-invalid": "service-untrusted",
  "prover-failed": "proof-failed",
  "reference-string-missing": "proof-failed",
  closed: "stopping",
};

async function readShort({ body }: Response): Promise<string> {
  if (body === null) return "";
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body as unknown as AsyncIterable<Uint8Array>) {
    pieces.push(piece);
    length += piece.length;
    if (length > MAX_REFUSAL_BYTES) return "";
  }
  return Buffer.concat(pieces).toString("utf8");
}

function readObject(text: string): { error?: string; reason?: string } {
  try {
    const { error, reason } = JSON.parse(text) as Record<string, unknown>;
    return {
      ...(typeof error === "string" ? { error: error.slice(0, MAX_TEXT_CHARS) } : {}),
      ...(typeof reason === "string" ? { reason: reason.slice(0, MAX_TEXT_CHARS) } : {}),
    };
  } catch {
    return {};
  }
}

function snakeCase(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
