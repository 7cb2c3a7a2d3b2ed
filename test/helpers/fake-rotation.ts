import { fromHex } from "@vaultproof/protocol/encoding";
import { maskShare } from "@vaultproof/protocol/record";
import { refreshSchema, rotateSchema } from "@vaultproof/protocol/rotation-routes";
import {
  formatSealedMessage,
  maskContext,
  parseSealedMessage,
  share1Context,
} from "@vaultproof/protocol/sealed-message";
import { openSealed, SealOpenError } from "@vaultproof/server/keys/hpke-open";
import { sealTo } from "@vaultproof/server/keys/hpke-seal";
import { bindingOf, openShare1 } from "./fake-proxy.js";
import { refuse, type FakeSlot, type FakeState } from "./fake-vaultproof.js";

/** `POST /api/v1/keys/:id/rotate` and `…/refresh`. */
export function changeShare(
  state: FakeState,
  slot: FakeSlot,
  { action, body }: { action: "rotate" | "refresh"; body: string },
): Response {
  const schema = action === "rotate" ? rotateSchema : refreshSchema;
  const { fromVersion, vaultCommitment } = schema.parse(JSON.parse(body));
  const [at, version] = [slot.version ?? 1, fromVersion + 1];
  const answer = { status: action === "rotate" ? "rotated" : "refreshed", version };
  if (at === version && slot.changedBy === body) return Response.json(answer);
  if (at !== fromVersion) return refuse("versionConflict", { reason: `Key slot is at version ${at}` });
  const share1 = action === "rotate" ? rotated(state, slot, body) : refreshed(state, slot, body);
  if (share1 instanceof Response) return share1;
  slot.store = { ...slot.store, share1_encrypted: share1, vaultCommitment };
  slot.version = version;
  slot.changedBy = body;
  return Response.json(answer);
}

function rotated(state: FakeState, slot: FakeSlot, body: string): string | Response {
  const { share1_encrypted: sealed, fromVersion } = rotateSchema.parse(JSON.parse(body));
  try {
    const context = share1Context({ ...bindingOf(slot), slotVersion: fromVersion + 1 });
    openSealed(state.storageKey, parseSealedMessage(sealed), context);
    return sealed;
  } catch (error) {
    if (!(error instanceof SealOpenError)) throw error;
    return refuse("shareNotOpened");
  }
}

function refreshed(state: FakeState, slot: FakeSlot, body: string): string | Response {
  const request = refreshSchema.parse(JSON.parse(body));
  const { fromVersion } = request;
  const message = parseSealedMessage(request.mask_encrypted);
  const found = state.transportKeys.find(({ key }) => Buffer.from(key.id).equals(message.keyId));
  if (found === undefined) return refuse("unknownTransportKey");
  const vaultCommitment = fromHex(request.vaultCommitment);
  const context = maskContext({ slotId: slot.store.keySlotId, fromVersion, vaultCommitment });
  const share1 = openShare1(state, slot);
  maskShare(share1, openSealed(found.key, message, context));
  const next = share1Context({ ...bindingOf(slot), slotVersion: fromVersion + 1 });
  return formatSealedMessage(sealTo(state.storageKey, next, share1));
}
