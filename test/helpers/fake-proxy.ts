import { computeAppPath, computeAppRoot } from "@vaultproof/protocol/app-tree";
import type { Call } from "@vaultproof/protocol/call";
import { canonicalJson } from "@vaultproof/protocol/canonical-json";
import { destinationDigest } from "@vaultproof/protocol/destination";
import { storeSchema } from "@vaultproof/protocol/developer-routes";
import { fieldFromHex, fieldToHex } from "@vaultproof/protocol/field";
import { resolveDestination } from "@vaultproof/protocol/providers";
import { rebuildKey, type RecordBinding } from "@vaultproof/protocol/record";
import { BODY_FORM, requestHash, SHARE_FORM } from "@vaultproof/protocol/request-hash";
import { parseSealedMessage, share1Context, share2Context } from "@vaultproof/protocol/sealed-message";
import { appIdHash, type Statement } from "@vaultproof/protocol/statement";
import { openSealed } from "@vaultproof/server/keys/hpke-open";
import { refuse, sha256, type FakeSlot, type FakeState } from "./fake-vaultproof.js";

/** `GET /api/v1/keys/:id/path`. */
export function answerPath(state: FakeState, about: { slotId: string; leaf: bigint }): Response {
  const slot = state.slots.get(about.slotId);
  const found = [...(slot?.leaves ?? [])].find(([, { leaf }]) => leaf === about.leaf);
  if (slot === undefined || slot.revoked || found === undefined) return refuse("notFound");
  const { index, siblings, appRoot } = computeAppPath(placed(slot), found[0]);
  return Response.json({ index, siblings: siblings.map(fieldToHex), appRoot: fieldToHex(appRoot) });
}

/** `POST /api/v1/proxy/call`: the protocol's steps, a provider that is a function at their end. */
export async function executeCall(state: FakeState, call: Call): Promise<Response> {
  const slot = state.slots.get(call.keySlotId);
  const expiresAt = call.expiresAt ?? 0;
  const now = state.clock();
  const granted = [...(slot?.leaves.values() ?? [])].some(({ appId }) => appId === call.appId);
  if (slot === undefined || slot.revoked || !granted || expiresAt < now || expiresAt > now + 300)
    return refuse("invalidProof");
  if (state.nullifiers.has(call.nullifier)) return refuse("replay");
  const body = call.bodyBase64 === undefined ? null : Buffer.from(call.bodyBase64, "base64");
  const statement = statementOf(slot, call, body);
  if (!(await state.verify(Buffer.from(call.zkProof, "hex"), statement))) return refuse("invalidProof");
  const share2 = openShare2(state, call, expiresAt);
  if (share2 === null) return refuse("unknownTransportKey");
  state.nullifiers.add(call.nullifier);
  const executed = {
    method: call.method,
    targetPath: call.targetPath,
    headers: call.headers ?? {},
    body,
    key: Buffer.from(rebuild(state, slot, share2)).toString(),
    nullifier: call.nullifier,
  };
  state.executed.push(executed);
  const answer = state.provider(executed);
  answer.headers.set("vp-source", "upstream");
  return answer;
}

function statementOf(slot: FakeSlot, call: Call, body: Buffer | null): Statement {
  return {
    vaultCommitment: fieldFromHex(slot.store.vaultCommitment),
    appRoot: computeAppRoot(placed(slot)),
    appIdHash: appIdHash(call.appId),
    nullifier: fieldFromHex(call.nullifier),
    requestHash: requestHash({
      keySlotId: call.keySlotId,
      appId: call.appId,
      method: call.method,
      targetPath: call.targetPath,
      expiresAt: call.expiresAt ?? 0,
      shareForm: SHARE_FORM.sealed,
      shareDigest: sha256(call.share2_encrypted ?? ""),
      headersDigest: sha256(canonicalJson(call.headers ?? {})),
      bodyForm: body === null ? BODY_FORM.none : BODY_FORM.base64,
      bodyDigest: sha256(body ?? ""),
      authDigest: sha256(call.auth === undefined ? "" : canonicalJson(call.auth)),
    }),
  };
}

function openShare2(state: FakeState, call: Call, expiresAt: number): Uint8Array | null {
  const message = parseSealedMessage(call.share2_encrypted ?? "");
  const found = state.transportKeys.find(({ key }) => Buffer.from(key.id).equals(message.keyId));
  if (found === undefined) return null;
  const context = share2Context({ slotId: call.keySlotId, appId: call.appId, expiresAt });
  return openSealed(found.key, message, context);
}

function rebuild(state: FakeState, slot: FakeSlot, share2: Uint8Array): Uint8Array {
  return rebuildKey(openShare1(state, slot), share2, bindingOf(slot));
}

/** Share 1 of the slot's version. */
export function openShare1(state: FakeState, slot: FakeSlot): Uint8Array {
  const context = share1Context({ ...bindingOf(slot), slotVersion: slot.version ?? 1 });
  return openSealed(state.storageKey, parseSealedMessage(slot.store.share1_encrypted), context);
}

/** What the slot's record and shares are bound to. */
export function bindingOf({ store, developer }: FakeSlot): RecordBinding {
  const destination = destinationDigest(resolveDestination(storeSchema.parse(store)));
  return { slotId: store.keySlotId, developerPublicKey: developer, destination };
}

function placed(slot: FakeSlot): { index: number; leaf: bigint }[] {
  return [...slot.leaves].map(([index, { leaf }]) => ({ index, leaf }));
}
