import type { IdentityAlgorithm } from "@vaultproof/protocol/identity-key";
import { formatIdSignature, idSignatureMessage } from "@vaultproof/protocol/id-signature";
import { LIMITS } from "@vaultproof/protocol/limits";
import { importSigningKey } from "./identity-signing-key.js";
import { statementTimes, type IdentityStatement } from "./identity-statement.js";

const SIGNING = {
  RS256: { name: "RSASSA-PKCS1-v1_5" },
  ES256: { name: "ECDSA", hash: "SHA-256" },
  EdDSA: { name: "Ed25519" },
} as const satisfies Record<IdentityAlgorithm, object>;

/**
 * For a developer's backend: says that a user may use an app of a slot until then. `expiresIn` is a day at most.
 *
 * @returns the text for `auth.idSignature`, the client's option `idSignature`.
 * @throws VaultProofError `invalid-argument`
 */
export async function signIdentity(statement: IdentityStatement): Promise<string> {
  const { keyVersion, keySlotId, appId, subject } = statement;
  const { expiresAt } = statementTimes(statement, LIMITS.identitySeconds);
  const { algorithm, key } = await importSigningKey(statement.privateKey);
  const message = idSignatureMessage({ keySlotId, appId, subject, expiresAt, keyVersion });
  const signature = new Uint8Array(await crypto.subtle.sign(SIGNING[algorithm], key, message));
  return formatIdSignature({ keyVersion, expiresAt, subject, signature });
}
