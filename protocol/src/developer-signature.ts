import { sha256 } from "@noble/hashes/sha2.js";
import { toBase64Url } from "./encoding.js";
import type { Component } from "./message-signatures.js";

/** How a developer signs a request to the management routes: RFC 9421, `ed25519`. Times are seconds. */
export const DEVELOPER_SIGNATURE = {
  label: "vp-developer",
  tag: "vaultproof-developer",
  algorithm: "ed25519",
  lifetimeSeconds: 60,
  components: ["@method", "@path", "@query", "content-digest", "vp-server"] as readonly Component[],
} as const;

/**
 * How the server signs its answer to such a request. Covering the developer's own signature ties the answer to that
 * one request, so that an edge cannot play back an older one.
 */
export const ANSWER_SIGNATURE = {
  label: "vp-answer",
  tag: "vaultproof-answer",
  algorithm: "ed25519",
  components: [
    "@status",
    "content-digest",
    { name: "signature", req: true, key: "vp-developer" },
  ] as readonly Component[],
} as const;

/** Sent by a developer: the fingerprint of the server that the request is meant for. The edge passes it on. */
export const SERVER_HEADER = "vp-server";

/** Names an Ed25519 key (`keyid`, a server's identity): base64url SHA-256 of its raw 32 public bytes. */
export function keyFingerprint(rawPublicKey: Uint8Array): string {
  return toBase64Url(sha256(rawPublicKey));
}
