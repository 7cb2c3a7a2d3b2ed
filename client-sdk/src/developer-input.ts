import { KEY_SLOT_ID } from "@vaultproof/protocol/call";
import { VaultProofError } from "./sdk-error.js";

/** A schema as the protocol's are; the SDK itself needs no more of it. */
interface RequestSchema<T> {
  safeParse(
    value: unknown,
  ): { success: true; data: T } | { success: false; error: { issues: readonly Issue[] } };
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/**
 * Checks a request before it is sent, so that a mistake is told here with its name.
 *
 * @throws VaultProofError `invalid-argument`; names members, never their values.
 */
export function parseRequest<T>(schema: RequestSchema<T>, request: unknown): T {
  const parsed = schema.safeParse(request);
  if (parsed.success) return parsed.data;
  const details = parsed.error.issues.map(({ path, message }) => [...path.map(String), message].join(": "));
  throw new VaultProofError("invalid-argument", details.join("; "), { details });
}

/** @throws VaultProofError `invalid-argument` for what is no slot's id. */
export function requireSlotId(keySlotId: string): void {
  if (!KEY_SLOT_ID.test(keySlotId)) {
    throw new VaultProofError("invalid-argument", "a key slot id is a lowercase UUID v4");
  }
}

/** Whether the server said no and signed it: then nothing was changed there. */
export function isRefusal(error: unknown): error is VaultProofError {
  if (!(error instanceof VaultProofError) || error.code !== "refused") return false;
  return error.status !== undefined && error.status >= 400 && error.status < 500;
}
