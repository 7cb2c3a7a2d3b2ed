import {
  ACCESS_TOKEN_TYPE,
  accessTokenAudience,
  accessTokenClaimsSchema,
} from "@vaultproof/protocol/access-token";
import { LIMITS } from "@vaultproof/protocol/limits";
import { matchesPattern } from "../proxy/path-pattern.js";
import type { IdentifiedCall } from "./identified-call.js";
import { identityRefused } from "./identity-refusal.js";
import type { IdentityRule } from "./identity-rule.js";
import { verifyJwt } from "./verify-jwt.js";

/**
 * Verifies an access token, and that it is for this slot and app and for the call's origin, path and method.
 *
 * @returns the subject.
 * @throws ServerError `appNotAuthorized`
 */
export async function verifyAccessToken(
  token: string,
  rule: IdentityRule,
  call: IdentifiedCall,
): Promise<string> {
  const { subject, payload } = await verifyJwt(token, rule, {
    types: [ACCESS_TOKEN_TYPE],
    claims: {},
    longest: LIMITS.accessTokenSeconds,
    now: call.now,
  });
  const claims = accessTokenClaimsSchema.safeParse(payload);
  if (!claims.success) throw identityRefused("notAccepted");
  const { aud, origins, paths, methods } = claims.data;
  if (aud !== accessTokenAudience(call.keySlotId, call.appId)) throw identityRefused("notAccepted");
  if (origins !== undefined && !origins.some((origin) => origin === call.origin)) {
    throw identityRefused("origin");
  }
  if (paths !== undefined && !paths.some((pattern) => matchesPattern(pattern, call.path))) {
    throw identityRefused("path");
  }
  if (methods !== undefined && !methods.some((method) => method === call.method)) {
    throw identityRefused("method");
  }
  return subject;
}
