import { LIMITS } from "@vaultproof/protocol/limits";
import type { IdentifiedCall } from "./identified-call.js";
import { identityRefused } from "./identity-refusal.js";
import type { IdentityRule } from "./identity-rule.js";
import { verifyJwt } from "./verify-jwt.js";

/** What identity providers write; never that of an access token, and of no token made for something else. */
const TYPES = [undefined, "jwt", "at+jwt"] as const;

/**
 * Verifies the JWT of an identity provider whose issuer, audience and keys the developer laid down.
 *
 * @returns the subject.
 * @throws ServerError `appNotAuthorized`
 */
export async function verifyIdentityToken(
  token: string,
  rule: IdentityRule,
  { now }: Pick<IdentifiedCall, "now">,
): Promise<string> {
  const { issuer, audience } = rule;
  if (issuer === undefined || audience === undefined) throw identityRefused("notAccepted");
  const claims = { issuer, audience };
  const { subject } = await verifyJwt(token, rule, {
    types: TYPES,
    claims,
    longest: LIMITS.identitySeconds,
    now,
  });
  return subject;
}
