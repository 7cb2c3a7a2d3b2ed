import * as z from "zod";
import { APP_ID, FINGERPRINT, KEY_SLOT_ID } from "./identifiers.js";

const text = z.string().min(1).max(1024);
const fieldHex = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * What a recovery kit holds, as JSON inside its encryption: all that a new device needs to go on. Shares are base64, secrets
 * 64 hex digits. `pending` marks what was sent and not heard of again.
 */
export const recoveryKitSchema = z.strictObject({
  format: z.literal(1),
  developerKey: text,
  /** Origin of the service. */
  url: text,
  serverIdentity: z.string().regex(FINGERPRINT),
  slots: z.array(
    z.strictObject({
      slotId: z.string().regex(KEY_SLOT_ID),
      providerOrigin: text,
      destination: z.strictObject({ provider: text, headerName: text, headerTemplate: text }).optional(),
      shares: z.array(
        z.strictObject({
          slotVersion: z.number().int().min(1),
          share2: z.string().max(8192),
          pending: z.boolean(),
        }),
      ),
      apps: z.array(
        z.strictObject({
          appId: z.string().regex(APP_ID),
          secret: fieldHex.optional(),
          pending: fieldHex.optional(),
        }),
      ),
    }),
  ),
});

export type RecoveryKitContent = z.infer<typeof recoveryKitSchema>;
