/**
 * What can go wrong on this side of the wire, one code each, with the sentence it begins with. Refusals of a call are
 * not here: like a provider's errors they are Responses.
 */
export const SDK_ERRORS = {
  "invalid-argument": "Invalid argument",
  "insecure-url": "The service's URL is not safe",
  "identity-unpinned": "No identity of the server is known",
  "identity-changed": "The server is not the one that was pinned",
  "document-invalid": "The server's document at /.well-known/vaultproof is not to be trusted",
  "document-expired": "The server's document at /.well-known/vaultproof has expired",
  "circuit-mismatch": "Server and SDK do not use the same circuit",
  "answer-unverified": "The answer is not signed by the server and was not believed",
  unauthorized: "The server did not accept the developer's signature",
  refused: "The server refused the request",
  unreachable: "The service could not be reached",
  "state-missing": "This device has no state of the key slot",
  "state-stale": "This device does not have the key slot's present share",
  "state-damaged": "The state on this device cannot be read",
  "auth-unavailable": "There is no token or signature to send with the call",
  "wrong-passphrase": "It does not open with this passphrase",
  "kit-invalid": "This is no recovery kit that can be used",
  "keystore-empty": "There is no developer key in this keystore",
  "keystore-exists": "There is a developer key in this keystore already",
  "keystore-locked": "The keystore is locked",
  "keystore-unavailable": "This browser cannot keep or open a keystore here",
  "passkey-unused": "The passkey was not used",
  "path-invalid": "The app's path in the slot's tree is false",
  "log-rewritten": "The log was set back or rewritten",
  "reference-string-missing": "The public reference string was not found",
  "prover-failed": "No proof could be made",
  unsupported: "This browser lacks what proofs need",
  closed: "This client is closed",
} as const;

/** The closed union of the SDK's error codes. */
export type VaultProofErrorCode = keyof typeof SDK_ERRORS;

/** What may accompany an error; nothing here is ever a secret. */
export interface VaultProofErrorDetail {
  /** HTTP status of the answer that it is about. */
  readonly status?: number;
  /** The server's `reason`. */
  readonly reason?: string;
  /** The server's `details` of a malformed request. */
  readonly details?: readonly string[];
  /** The slot that the failed operation was about, also when its outcome is not known. */
  readonly keySlotId?: string;
  readonly cause?: unknown;
}

/** An error of the SDK; tell them apart by `code`. */
export class VaultProofError extends Error {
  override readonly name = "VaultProofError";
  readonly code: VaultProofErrorCode;
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly details: readonly string[] | undefined;
  readonly keySlotId: string | undefined;

  constructor(code: VaultProofErrorCode, explanation: string, detail: VaultProofErrorDetail = {}) {
    super(`${SDK_ERRORS[code]}: ${explanation}`, detail.cause === undefined ? {} : { cause: detail.cause });
    this.code = code;
    this.status = detail.status;
    this.reason = detail.reason;
    this.details = detail.details;
    this.keySlotId = detail.keySlotId;
  }
}
