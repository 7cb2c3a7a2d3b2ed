import * as z from "zod";
import { KEY_VERSION } from "./identifiers.js";
import { publicJwkSchema } from "./identity-key.js";

/** The members of a call's `auth`, and what a slot or grant may accept. */
export const IDENTITY_KINDS = ["idSignature", "identityToken", "accessToken"] as const;
export type IdentityKind = (typeof IDENTITY_KINDS)[number];

const MOST_KEYS = 8;
const cap = z.number().int().min(1).max(1_000_000_000);
const name = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, "no control characters");
const key = z
  .strictObject({
    version: z.string().regex(KEY_VERSION, "a key version is 1 to 64 of A-Z a-z 0-9 . _ -"),
    jwk: publicJwkSchema,
  })
  .refine(
    ({ version, jwk }) => jwk.kid === undefined || jwk.kid === version,
    "the key's kid is not its version",
  );

/** That a developer's own backend signed the user's access: how, by which keys, and how much one user may. */
export const identityRestrictionSchema = z
  .strictObject({
    /** A call carries at least one of these. */
    accept: z.array(z.enum(IDENTITY_KINDS)).min(1).refine(isDistinct, "a kind is named twice"),
    /** Static: nothing is ever fetched. */
    keys: z
      .array(key)
      .min(1)
      .max(MOST_KEYS)
      .refine((keys) => isDistinct(keys.map(({ version }) => version)), "a key version is named twice"),
    /** `iss` of an identityToken. */
    issuer: name.optional(),
    /** Stands in `aud` of an identityToken. */
    audience: name.optional(),
    /** Calls of one subject. */
    perMinute: cap.optional(),
    perDay: cap.optional(),
    perMonth: cap.optional(),
  })
  .superRefine(({ accept, issuer, audience }, context) => {
    const takesTokens = accept.includes("identityToken");
    for (const [member, value] of Object.entries({ issuer, audience })) {
      if ((value !== undefined) === takesTokens) continue;
      const message = takesTokens ? "required where identityToken is accepted" : "is for identityToken only";
      context.addIssue({ code: "custom", message, path: [member], input: undefined });
    }
  });

/** What a slot or grant demands of the developer's backend. */
export type IdentityRestriction = z.infer<typeof identityRestrictionSchema>;

function isDistinct(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}
