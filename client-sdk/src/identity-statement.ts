import { APP_ID, KEY_SLOT_ID, KEY_VERSION, SUBJECT } from "@vaultproof/protocol/identifiers";
import type { IdentityPrivateKey } from "./identity-signing-key.js";
import { VaultProofError } from "./sdk-error.js";

/** What a backend says of a user, by which key, and to which slot and app. */
export interface IdentityStatement {
  readonly privateKey: IdentityPrivateKey;
  /** The key's `version` in the restriction. */
  readonly keyVersion: string;
  readonly keySlotId: string;
  readonly appId: string;
  /** The user: 1 to 256 characters, none of them a control character. Stands in the slot's log. */
  readonly subject: string;
  /** Seconds; 300 when left out. */
  readonly expiresIn?: number | undefined;
}

const DEFAULT_SECONDS = 300;

/**
 * When a statement that is made now ends, Unix seconds, its other members checked.
 *
 * @throws VaultProofError `invalid-argument`
 */
export function statementTimes(
  { keyVersion, keySlotId, appId, subject, expiresIn = DEFAULT_SECONDS }: IdentityStatement,
  longest: number,
): { readonly issuedAt: number; readonly expiresAt: number } {
  requireMatch({ keyVersion }, KEY_VERSION, "1 to 64 of A-Z a-z 0-9 . _ -");
  requireMatch({ keySlotId }, KEY_SLOT_ID, "a lowercase UUID v4");
  requireMatch({ appId }, APP_ID, "1 to 128 of A-Z a-z 0-9 . _ : -");
  requireMatch({ subject }, SUBJECT, "1 to 256 characters, none of them a control character");
  if (!Number.isInteger(expiresIn) || expiresIn < 1 || expiresIn > longest) {
    throw new VaultProofError("invalid-argument", `expiresIn is 1 to ${longest} seconds`);
  }
  const issuedAt = Math.floor(Date.now() / 1000);
  return { issuedAt, expiresAt: issuedAt + expiresIn };
}

function requireMatch(member: Record<string, unknown>, pattern: RegExp, rule: string): void {
  for (const [name, value] of Object.entries(member)) {
    if (typeof value === "string" && pattern.test(value)) continue;
    throw new VaultProofError("invalid-argument", `${name} is ${rule}`);
  }
}
