import * as z from "zod";
import { SUBJECT } from "./identifiers.js";
import { CALL_METHODS, pathPatterns } from "./restrictions.js";

/** `typ` of an access token, so that no other token of the same key passes as one. */
export const ACCESS_TOKEN_TYPE = "vaultproof-access+jwt";

/** `aud` of an access token: one app of one slot. */
export function accessTokenAudience(keySlotId: string, appId: string): string {
  return `vaultproof:${keySlotId}:${appId}`;
}

const time = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const text = z.string().max(512);

/**
 * The claims of an access token. A member that is not known is refused: it may be a restriction that somebody relies
 * on.
 */
export const accessTokenClaimsSchema = z.strictObject({
  /** One string, not a list. */
  aud: text,
  sub: z.string().regex(SUBJECT, "a subject is 1 to 256 characters, none of them a control character"),
  iat: time,
  exp: time,
  nbf: time.optional(),
  iss: text.optional(),
  jti: text.optional(),
  /** Origins of pages that may use it, exactly as browsers send them. */
  origins: z.array(text).min(1).max(64).optional(),
  paths: pathPatterns.optional(),
  methods: z.array(z.enum(CALL_METHODS)).min(1).optional(),
});

export type AccessTokenClaims = z.infer<typeof accessTokenClaimsSchema>;
