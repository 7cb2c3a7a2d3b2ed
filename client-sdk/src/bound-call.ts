import type { CallAuth } from "@vaultproof/protocol/call";
import { canonicalJson } from "@vaultproof/protocol/canonical-json";
import { bytesToHex, utf8ToBytes } from "@vaultproof/protocol/encoding";
import { fieldFromBytes, fieldToHex } from "@vaultproof/protocol/field";
import { BODY_FORM, requestHash, SHARE_FORM } from "@vaultproof/protocol/request-hash";
import { appIdHash, nullifier, shareHash, vaultCommitment } from "@vaultproof/protocol/statement";
import type { AppBundle } from "@vaultproof/protocol/bundle";
import type { AppPathInTree } from "./app-path.js";
import { base64OfBytes } from "./body-base64.js";
import type { OutgoingCall } from "./outgoing-call.js";
import type { CallWitness } from "./prover.js";

/** What makes a call this one and no other; kept over its retries, so that at most one of them is executed. */
export interface Freshness {
  readonly nonce: bigint;
  /** Unix seconds. */
  readonly expiresAt: number;
  /** For whom the call is made: asked for once, the same at every attempt. */
  readonly auth: CallAuth | undefined;
}

/** A call bound to its sealed share, ready to be proved. */
export interface BoundCall {
  readonly requestHash: bigint;
  readonly nullifier: bigint;
  /** The request's JSON without its proof. */
  readonly members: Readonly<Record<string, unknown>>;
}

const NONCE_BYTES = 31;
/**
 * Half of what the server allows, so that a clock may be wrong by as much in either direction before a call is
 * refused for it.
 */
const LIFETIME_SECONDS = 150;

/** A random nonce below 2^248, hence below p, and an expiry by the server's clock. */
export function newFreshness(now: number, auth: CallAuth | undefined): Freshness {
  const random = new Uint8Array(NONCE_BYTES + 1);
  crypto.getRandomValues(random.subarray(1));
  return { nonce: fieldFromBytes(random), expiresAt: now + LIFETIME_SECONDS, auth };
}

/** Binds everything that is sent, byte for byte, into the request hash and the nullifier. */
export async function bindCall(options: {
  readonly bundle: AppBundle;
  readonly call: OutgoingCall;
  readonly freshness: Freshness;
  /** Share 2 sealed: `0x…`. */
  readonly sealedShare: string;
}): Promise<BoundCall> {
  const { bundle, call, freshness, sealedShare } = options;
  const { auth } = freshness;
  const hash = requestHash({
    keySlotId: bundle.slotId,
    appId: bundle.appId,
    method: call.method,
    targetPath: call.targetPath,
    expiresAt: freshness.expiresAt,
    shareForm: SHARE_FORM.sealed,
    shareDigest: await sha256(utf8ToBytes(sealedShare)),
    headersDigest: await sha256(canonicalJson(call.headers)),
    bodyForm: call.body === null ? BODY_FORM.none : BODY_FORM.base64,
    bodyDigest: await sha256(call.body ?? new Uint8Array()),
    authDigest: await sha256(auth === undefined ? new Uint8Array() : canonicalJson(auth)),
  });
  const spent = nullifier(bundle.slotSecret, freshness.nonce, hash);
  return {
    requestHash: hash,
    nullifier: spent,
    members: {
      keySlotId: bundle.slotId,
      share2_encrypted: sealedShare,
      nullifier: fieldToHex(spent),
      appId: bundle.appId,
      targetPath: call.targetPath,
      method: call.method,
      expiresAt: freshness.expiresAt,
      headers: call.headers,
      ...(call.body === null ? {} : { bodyBase64: base64OfBytes(call.body) }),
      ...(auth === undefined ? {} : { auth }),
    },
  };
}

/** What the prover takes for a bound call of this app. */
export function callWitness(options: {
  readonly bundle: AppBundle;
  readonly bound: BoundCall;
  readonly freshness: Freshness;
  readonly path: AppPathInTree;
}): CallWitness {
  const { bundle, bound, freshness, path } = options;
  const share = shareHash(bundle.slotId, bundle.share2);
  return {
    slotSecret: bundle.slotSecret,
    shareHash: share,
    appSecret: bundle.appSecret,
    path: path.path,
    left: path.left,
    nonce: freshness.nonce,
    statement: {
      vaultCommitment: vaultCommitment(bundle.slotSecret, share),
      appRoot: path.appRoot,
      appIdHash: appIdHash(bundle.appId),
      nullifier: bound.nullifier,
      requestHash: bound.requestHash,
    },
  };
}

/** The body of `POST /api/v1/proxy/call`. */
export function callJson(bound: BoundCall, proof: Uint8Array): string {
  return JSON.stringify({ ...bound.members, zkProof: bytesToHex(proof) });
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}
