import {
  formatDeveloperKey,
  type DeveloperKey,
  type DeveloperKeyKind,
} from "@vaultproof/protocol/developer-key-text";
import { redacted } from "@vaultproof/protocol/redacted";
import { VaultProofError } from "./sdk-error.js";

const DEVELOPER_KEY_KINDS: readonly DeveloperKeyKind[] = ["live", "test"];
const DEVELOPER_SECRET_BYTES = 32;

/**
 * A new developer key from the platform's random source.
 *
 * @throws VaultProofError `invalid-argument` for another kind.
 */
export function generateDeveloperKey(kind: DeveloperKeyKind): string {
  return formatDeveloperKey(kind, newDeveloperKey(kind).secret);
}

/** The same, not as text; its bytes for the caller to wipe. */
export function newDeveloperKey(kind: DeveloperKeyKind): DeveloperKey {
  if (!DEVELOPER_KEY_KINDS.includes(kind)) {
    throw new VaultProofError("invalid-argument", "a developer key is of the kind live or test");
  }
  const secret = crypto.getRandomValues(new Uint8Array(new ArrayBuffer(DEVELOPER_SECRET_BYTES)));
  return redacted({ kind, secret }, `[vp_${kind}_ key]`);
}
