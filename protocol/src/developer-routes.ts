import * as z from "zod";
import { APP_ID, KEY_SLOT_ID } from "./call.js";
import { FIELD_MODULUS } from "./field.js";
import { LIMITS } from "./limits.js";
import { PROVIDER_SLUGS } from "./providers.js";
import { restrictionsSchema, type Restrictions } from "./restrictions.js";
import { APP_TREE_LEAVES } from "./app-tree.js";

const appId = z.string().regex(APP_ID, "an app id is 1 to 128 of A-Z a-z 0-9 . _ : -");
const keySlotId = z.string().regex(KEY_SLOT_ID, "a key slot id is a lowercase UUID v4");
/** A field element on the wire. */
export const fieldHex = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "a field element is 64 lowercase hex digits")
  .refine(
    (hex) => BigInt(`0x${/^[0-9a-f]{64}$/.test(hex) ? hex : "0"}`) < FIELD_MODULUS,
    "a field element is below the field's order",
  );
// Leaf 0 is the empty leaf: granting it would authorise nobody, or everybody's empty place.
const leaf = fieldHex.refine((hex) => !/^0+$/.test(hex), "a leaf is not zero");
/** A sealed message on the wire. */
export const sealed = z
  .string()
  .max(16_384)
  .regex(/^0x(?:[0-9a-f]{2}){57,}$/, "a sealed message is 0x and lowercase hex");
const label = z
  .string()
  .min(1)
  .max(LIMITS.labelChars)
  // eslint-disable-next-line no-control-regex -- control characters are exactly what is refused
  .regex(/^[^\u0000-\u001f\u007f]*$/, "a label holds no control characters");
// Everything that a slot's list may have to show at once is bounded by this.
const restrictions = restrictionsSchema
  .refine(
    (list) => JSON.stringify(list).length <= LIMITS.restrictionsChars,
    `restrictions are at most ${LIMITS.restrictionsChars} characters of JSON`,
  )
  .optional();
const grant = z.strictObject({ appId, leaf, restrictions });

/** `POST /api/v1/developers`. `publicKey`: base64url of the raw Ed25519 key. */
export const registerSchema = z.strictObject({
  publicKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/, "publicKey is base64url of 32 bytes"),
  label: label.optional(),
  /** Asked for where `REGISTRATION=invite`, and else not looked at. */
  inviteToken: z.string().min(1).max(LIMITS.inviteTokenChars).optional(),
});

/** `POST /api/v1/keys/store`. */
export const storeSchema = z
  .strictObject({
    keySlotId,
    share1_encrypted: sealed,
    vaultCommitment: fieldHex,
    provider: z.enum(PROVIDER_SLUGS),
    baseUrl: z.string().max(512).optional(),
    authHeader: z.strictObject({ name: z.string().max(64), template: z.string().max(256) }).optional(),
    label,
    apps: z.array(grant).max(APP_TREE_LEAVES),
    restrictions,
  })
  .refine(
    (store) => new Set(store.apps.map((app) => app.appId)).size === store.apps.length,
    "an app is named twice",
  );

/** `POST /api/v1/keys/:keySlotId/grant`. */
export const grantSchema = grant;

/** `POST /api/v1/keys/:keySlotId/revoke-app`. */
export const revokeAppSchema = z.strictObject({ appId });

export type RegisterRequest = z.infer<typeof registerSchema>;
export type StoreRequest = z.infer<typeof storeSchema>;
export type GrantRequest = z.infer<typeof grantSchema>;
export type RevokeAppRequest = z.infer<typeof revokeAppSchema>;

export const registerAnswerSchema = z.object({ keyid: z.string() });
export const storeAnswerSchema = z.object({
  keySlotId: z.string(),
  status: z.literal("stored"),
  version: z.number(),
});
export const revokeAnswerSchema = z.object({ status: z.literal("revoked") });
export const grantAnswerSchema = z.object({
  status: z.literal("granted"),
  index: z.number(),
  appRoot: fieldHex,
});
export const revokeAppAnswerSchema = z.object({ status: z.literal("revoked"), appRoot: fieldHex });
export const pathAnswerSchema = z.object({
  index: z
    .number()
    .int()
    .min(0)
    .max(APP_TREE_LEAVES - 1),
  siblings: z.array(fieldHex).length(10),
  appRoot: fieldHex,
});

/** The query of `GET /api/v1/keys/list`: `after` a slot, which is the `next` of the page before. */
export const listQuerySchema = z.strictObject({
  after: keySlotId.optional(),
  limit: z
    .string()
    .regex(/^(?:[1-9]\d?|100)$/, `limit is a whole number from 1 to ${LIMITS.listedSlots}`)
    .transform(Number)
    .default(LIMITS.listedSlots),
});

// Not the schema that restrictions are set by: an older client shows what a newer server knows.
const shownRestrictions = z.record(z.string(), z.unknown()).nullable();

/** Times are Unix seconds. */
export const listAnswerSchema = z.object({
  keySlots: z.array(
    z.object({
      id: z.string(),
      provider: z.string(),
      baseUrl: z.string(),
      label: z.string(),
      status: z.enum(["active", "revoked"]),
      version: z.number(),
      /** Tells a device whether the share that it has is the slot's. */
      vaultCommitment: fieldHex,
      restrictions: shownRestrictions,
      createdAt: z.number(),
      /** Null before the first rotation. */
      rotatedAt: z.number().nullable(),
      revokedAt: z.number().nullable(),
      appGrants: z.array(
        z.object({
          appId: z.string(),
          version: z.number(),
          restrictions: shownRestrictions,
          createdAt: z.number(),
        }),
      ),
    }),
  ),
  /** Where the next page begins; null on the last. */
  next: z.string().nullable(),
});

type Shown<T> = Omit<T, "restrictions"> & { readonly restrictions: Restrictions | null };
export type ListPage = z.infer<typeof listAnswerSchema>;
type ListedSlot = ListPage["keySlots"][number];

/** An app that may use a slot, as listed. */
export type AppGrant = Shown<ListedSlot["appGrants"][number]>;
/** A slot, as listed. */
export type KeySlot = Omit<Shown<ListedSlot>, "appGrants"> & { readonly appGrants: readonly AppGrant[] };
