import { formatBundle } from "@vaultproof/protocol/bundle";
import { deriveSlotSecret } from "@vaultproof/protocol/developer-key";
import type { DeveloperSession } from "./developer-session.js";
import type { ShareMemory, SlotPlace } from "./device-slots.js";

/** The bundle with which one app makes its calls: a bearer secret. */
export function writeBundle(
  session: Pick<DeveloperSession, "key" | "documents">,
  slot: SlotPlace,
  share: Pick<ShareMemory, "slotVersion" | "share2">,
  app: { readonly appId: string; readonly secret: bigint },
): string {
  return formatBundle({
    serverIdentity: session.documents.fingerprint,
    slotId: slot.slotId,
    slotVersion: share.slotVersion,
    providerOrigin: slot.providerOrigin,
    appId: app.appId,
    slotSecret: deriveSlotSecret(session.key, slot.slotId),
    appSecret: app.secret,
    share2: share.share2,
  });
}
