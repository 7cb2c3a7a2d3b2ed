import * as z from "zod/mini";
import "./schema-messages.js";
import { SUBJECT } from "./identifiers.js";
import { CALL_METHODS, pathPatterns } from "./restrictions.js";

/** `typ` of an access token, so that no other token of the same key passes as one. */
export const ACCESS_TOKEN_TYPE = "vaultproof-access+jwt";

/** `aud` of an access token: one app of one slot. */
export function accessTokenAudience(keySlotId: string, appId: string): string {
  return `vaultproof:${keySlotId}:${appId}`;
}

const time = z.int().check(z.minimum(0), z.maximum(Number.MAX_SAFE_INTEGER));
const text = z.string().check(z.maxLength(512));

/**
 * The claims of an access token. A member that is not known is refused: it may be a restriction that somebody relies
 * on.
 */
export const accessTokenClaimsSchema = z.strictObject({
  /** One string, not a list. */
  aud: text,
  sub: z
    .string()
    .check(z.regex(SUBJECT, "a subject is 1 to 256 characters, none of them a control character")),
  iat: time,
  exp: time,
  nbf: z.optional(time),
  iss: z.optional(text),
  jti: z.optional(text),
  /** Origins of pages that may use it, exactly as browsers send them. */
  origins: z.optional(z.array(text).check(z.minLength(1), z.maxLength(64))),
  paths: z.optional(pathPatterns),
  methods: z.optional(z.array(z.enum(CALL_METHODS)).check(z.minLength(1))),
});

export type AccessTokenClaims = z.infer<typeof accessTokenClaimsSchema>;
