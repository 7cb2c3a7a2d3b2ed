import type { KeyDetails } from "./key-draft.js";

/** The store's body before its values exist: members as they will be sent, in their order. */
export function requestShape({
  provider,
  baseUrl,
  authHeader,
  label,
  apps,
  restrictions,
}: KeyDetails): unknown {
  return {
    keySlotId: "a random id, made here",
    share1_encrypted: "0x… share 1, sealed so that only the server opens it",
    vaultCommitment: "64 hex digits: binds the slot to share 2 and to you",
    provider,
    baseUrl,
    authHeader,
    label,
    apps: apps.map((appId) => ({ appId, leaf: "64 hex digits: the app's place in the slot's tree" })),
    restrictions,
  };
}
