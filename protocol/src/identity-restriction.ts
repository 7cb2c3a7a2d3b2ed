import * as z from "zod/mini";
import "./schema-messages.js";
import { KEY_VERSION } from "./identifiers.js";
import { publicJwkSchema } from "./identity-key.js";

/** The members of a call's `auth`, and what a slot or grant may accept. */
export const IDENTITY_KINDS = ["idSignature", "identityToken", "accessToken"] as const;
export type IdentityKind = (typeof IDENTITY_KINDS)[number];

const MOST_KEYS = 8;
const cap = z.int().check(z.minimum(1), z.maximum(1_000_000_000));
const name = z
  .string()
  .check(z.minLength(1), z.maxLength(512), z.regex(/^[^\p{Cc}\p{Cs}]*$/u, "no control characters"));
const key = z
  .strictObject({
    version: z.string().check(z.regex(KEY_VERSION, "a key version is 1 to 64 of A-Z a-z 0-9 . _ -")),
    jwk: publicJwkSchema,
  })
  .check(
    z.refine(
      ({ version, jwk }) => jwk.kid === undefined || jwk.kid === version,
      "the key's kid is not its version",
    ),
  );

/** That a developer's own backend signed the user's access: how, by which keys, and how much one user may. */
export const identityRestrictionSchema = z
  .strictObject({
    /** A call carries at least one of these. */
    accept: z
      .array(z.enum(IDENTITY_KINDS))
      .check(z.minLength(1), z.refine(isDistinct, "a kind is named twice")),
    /** Static: nothing is ever fetched. */
    keys: z.array(key).check(
      z.minLength(1),
      z.maxLength(MOST_KEYS),
      z.refine((keys) => isDistinct(keys.map(({ version }) => version)), "a key version is named twice"),
    ),
    /** `iss` of an identityToken. */
    issuer: z.optional(name),
    /** Stands in `aud` of an identityToken. */
    audience: z.optional(name),
    /** Calls of one subject. */
    perMinute: z.optional(cap),
    perDay: z.optional(cap),
    perMonth: z.optional(cap),
  })
  .check(
    z.superRefine(({ accept, issuer, audience }, context) => {
      const takesTokens = accept.includes("identityToken");
      for (const [member, value] of Object.entries({ issuer, audience })) {
        if ((value !== undefined) === takesTokens) continue;
        const message = takesTokens
          ? "required where identityToken is accepted"
          : "is for identityToken only";
        context.addIssue({ code: "custom", message, path: [member], input: undefined });
      }
    }),
  );

/** What a slot or grant demands of the developer's backend. */
export type IdentityRestriction = z.infer<typeof identityRestrictionSchema>;

function isDistinct(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}
