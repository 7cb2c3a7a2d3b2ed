import * as z from "zod/mini";
import "./schema-messages.js";
import { APP_ID, KEY_SLOT_ID } from "./call.js";
import { fieldHex } from "./app-path-route.js";
import { LIMITS } from "./limits.js";
import { PROVIDER_SLUGS } from "./providers.js";
import { restrictionsSchema, type Restrictions } from "./restrictions.js";
import { APP_TREE_LEAVES } from "./app-tree.js";

const appId = z.string().check(z.regex(APP_ID, "an app id is 1 to 128 of A-Z a-z 0-9 . _ : -"));
const keySlotId = z.string().check(z.regex(KEY_SLOT_ID, "a key slot id is a lowercase UUID v4"));
// Leaf 0 is the empty leaf: granting it would authorise nobody, or everybody's empty place.
const leaf = fieldHex.check(z.refine((hex) => !/^0+$/.test(hex), "a leaf is not zero"));
/** A sealed message on the wire. */
export const sealed = z
  .string()
  .check(
    z.maxLength(16_384),
    z.regex(/^0x(?:[0-9a-f]{2}){57,}$/, "a sealed message is 0x and lowercase hex"),
  );
const label = z.string().check(
  z.minLength(1),
  z.maxLength(LIMITS.labelChars),
  // eslint-disable-next-line no-control-regex -- control characters are exactly what is refused
  z.regex(/^[^\u0000-\u001f\u007f]*$/, "a label holds no control characters"),
);
// Everything that a slot's list may have to show at once is bounded by this.
const restrictions = z.optional(
  restrictionsSchema.check(
    z.refine(
      (list) => JSON.stringify(list).length <= LIMITS.restrictionsChars,
      `restrictions are at most ${LIMITS.restrictionsChars} characters of JSON`,
    ),
  ),
);
const grant = z.strictObject({ appId, leaf, restrictions });

/** `POST /api/v1/developers`. `publicKey`: base64url of the raw Ed25519 key. */
export const registerSchema = z.strictObject({
  publicKey: z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/, "publicKey is base64url of 32 bytes")),
  label: z.optional(label),
  /** Asked for where `REGISTRATION=invite`, and else not looked at. */
  inviteToken: z.optional(z.string().check(z.minLength(1), z.maxLength(LIMITS.inviteTokenChars))),
});

/** `POST /api/v1/keys/store`. */
export const storeSchema = z
  .strictObject({
    keySlotId,
    share1_encrypted: sealed,
    vaultCommitment: fieldHex,
    provider: z.enum(PROVIDER_SLUGS),
    baseUrl: z.optional(z.string().check(z.maxLength(512))),
    authHeader: z.optional(
      z.strictObject({
        name: z.string().check(z.maxLength(64)),
        template: z.string().check(z.maxLength(256)),
      }),
    ),
    label,
    apps: z.array(grant).check(z.maxLength(APP_TREE_LEAVES)),
    restrictions,
  })
  .check(
    z.refine(
      (store) => new Set(store.apps.map((app) => app.appId)).size === store.apps.length,
      "an app is named twice",
    ),
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

/** The query of `GET /api/v1/keys/list`: `after` a slot, which is the `next` of the page before. */
export const listQuerySchema = z.strictObject({
  after: z.optional(keySlotId),
  limit: z._default(
    z.pipe(
      z
        .string()
        .check(z.regex(/^(?:[1-9]\d?|100)$/, `limit is a whole number from 1 to ${LIMITS.listedSlots}`)),
      z.transform(Number),
    ),
    LIMITS.listedSlots,
  ),
});

// Not the schema that restrictions are set by: an older client shows what a newer server knows.
const shownRestrictions = z.nullable(z.record(z.string(), z.unknown()));

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
      rotatedAt: z.nullable(z.number()),
      revokedAt: z.nullable(z.number()),
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
  next: z.nullable(z.string()),
});

type Shown<T> = Omit<T, "restrictions"> & { readonly restrictions: Restrictions | null };
export type ListPage = z.infer<typeof listAnswerSchema>;
type ListedSlot = ListPage["keySlots"][number];

/** An app that may use a slot, as listed. */
export type AppGrant = Shown<ListedSlot["appGrants"][number]>;
/** A slot, as listed. */
export type KeySlot = Omit<Shown<ListedSlot>, "appGrants"> & { readonly appGrants: readonly AppGrant[] };
