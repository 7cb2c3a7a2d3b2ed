import * as z from "zod/mini";
import "./schema-messages.js";
import { fieldHex } from "./app-path-route.js";
import { sealed } from "./developer-routes.js";

/** One less than the database's largest version. */
const MAX_FROM_VERSION = 2 ** 31 - 2;

/** The version that the change starts from; the slot has the next one afterwards. */
const fromVersion = z.int().check(z.minimum(1), z.maximum(MAX_FROM_VERSION));

/** `POST /api/v1/keys/:keySlotId/rotate`. Share 1 is sealed for version `fromVersion` + 1. */
export const rotateSchema = z.strictObject({
  share1_encrypted: sealed,
  vaultCommitment: fieldHex,
  fromVersion,
});

/** `POST /api/v1/keys/:keySlotId/refresh`. */
export const refreshSchema = z.strictObject({
  mask_encrypted: sealed,
  vaultCommitment: fieldHex,
  fromVersion,
});

export type RotateRequest = z.infer<typeof rotateSchema>;
export type RefreshRequest = z.infer<typeof refreshSchema>;

export const rotateAnswerSchema = z.object({ status: z.literal("rotated"), version: z.number() });
export const refreshAnswerSchema = z.object({ status: z.literal("refreshed"), version: z.number() });
