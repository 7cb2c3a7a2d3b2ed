import type { ErrorCode } from "@vaultproof/protocol/errors";

/** Why a client was told that something is wrong with the service and not with its request. */
export interface EdgeFailure {
  readonly requestId: string;
  readonly answered: ErrorCode & ("backendUnavailable" | "internal");
  readonly error: unknown;
}

/** Told of failures; it must not throw. */
export type OnFailure = (failure: EdgeFailure) => void;
