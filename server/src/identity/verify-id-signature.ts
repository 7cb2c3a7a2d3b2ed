import { verify } from "node:crypto";
import { idSignatureMessage, parseIdSignature } from "@vaultproof/protocol/id-signature";
import { LIMITS } from "@vaultproof/protocol/limits";
import type { IdentifiedCall } from "./identified-call.js";
import { identityRefused } from "./identity-refusal.js";
import type { IdentityKey, IdentityRule } from "./identity-rule.js";

/** Of the algorithms whose signatures have one length; RSA's is that of its key. */
const SIGNATURE_BYTES = 64;

/**
 * Verifies an idSignature for this slot and app.
 *
 * @returns the subject.
 * @throws ServerError `appNotAuthorized`
 */
export function verifyIdSignature(text: string, rule: IdentityRule, call: IdentifiedCall): string {
  const said = parseIdSignature(text);
  const key = said === null ? undefined : rule.keys.get(said.keyVersion);
  if (said === null || key === undefined) throw identityRefused("notAccepted");
  const { keySlotId, appId, now } = call;
  const message = idSignatureMessage({ ...said, keySlotId, appId });
  if (!holds(key, message, said.signature)) throw identityRefused("notAccepted");
  if (said.expiresAt <= now) throw identityRefused("expired");
  if (said.expiresAt > now + LIMITS.identitySeconds) throw identityRefused("notAccepted");
  return said.subject;
}

function holds({ algorithm, key }: IdentityKey, message: Uint8Array, signature: Uint8Array): boolean {
  if (algorithm === "RS256") return verify("sha256", message, key, signature);
  if (signature.length !== SIGNATURE_BYTES) return false;
  if (algorithm === "EdDSA") return verify(null, message, key, signature);
  return verify("sha256", message, { key, dsaEncoding: "ieee-p1363" }, signature);
}
