import { formatBundle } from "@vaultproof/protocol/bundle";
import { deriveSlotSecret } from "@vaultproof/protocol/developer-key";
import type { DeveloperSession } from "./developer-session.js";
import type { SlotMemory } from "./device-state.js";

/** The bundle with which one app makes its calls: a bearer secret. */
export function writeBundle(
  session: Pick<DeveloperSession, "key" | "documents">,
  slot: SlotMemory,
  app: { readonly appId: string; readonly secret: bigint },
): string {
  return formatBundle({
    serverIdentity: session.documents.fingerprint,
    slotId: slot.slotId,
    slotVersion: slot.slotVersion,
    providerOrigin: slot.providerOrigin,
    appId: app.appId,
    slotSecret: deriveSlotSecret(session.key, slot.slotId),
    appSecret: app.secret,
    share2: slot.share2,
  });
}
