import * as z from "zod/mini";
import "./schema-messages.js";
import { APP_ID, FINGERPRINT, KEY_SLOT_ID } from "./identifiers.js";

const text = z.string().check(z.minLength(1), z.maxLength(1024));
const fieldHex = z.string().check(z.regex(/^[0-9a-f]{64}$/));

/**
 * What a recovery kit holds, as JSON inside its encryption: all that a new device needs to go on. Shares are base64, secrets
 * 64 hex digits. `pending` marks what was sent and not heard of again.
 */
export const recoveryKitSchema = z.strictObject({
  format: z.literal(1),
  developerKey: text,
  /** Origin of the service. */
  url: text,
  serverIdentity: z.string().check(z.regex(FINGERPRINT)),
  slots: z.array(
    z.strictObject({
      slotId: z.string().check(z.regex(KEY_SLOT_ID)),
      providerOrigin: text,
      destination: z.optional(z.strictObject({ provider: text, headerName: text, headerTemplate: text })),
      shares: z.array(
        z.strictObject({
          slotVersion: z.int().check(z.minimum(1)),
          share2: z.string().check(z.maxLength(8192)),
          pending: z.boolean(),
        }),
      ),
      apps: z.array(
        z.strictObject({
          appId: z.string().check(z.regex(APP_ID)),
          secret: z.optional(fieldHex),
          pending: z.optional(fieldHex),
        }),
      ),
    }),
  ),
});

export type RecoveryKitContent = z.infer<typeof recoveryKitSchema>;
