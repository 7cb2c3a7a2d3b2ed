import { createPublicKey, verify } from "node:crypto";
import type { SignedPlace } from "@vaultproof/db/queries/put-log-heads";
import type { StoredLogChain } from "@vaultproof/db/queries/read-log-chains";
import { bytesToHex, fromBase64Url, toBase64Url } from "@vaultproof/protocol/encoding";
import {
  checkLogPoint,
  signLogPoint,
  type LogPoint,
  type LogPointKind,
  type SignedLogPoint,
} from "@vaultproof/protocol/log-head";
import type { ServerIdentity } from "../keys/identity.js";

/** Signs heads and bases of chains, and knows which were signed by this server, now or under an earlier identity. */
export interface LogSigner {
  sign(kind: LogPointKind, point: LogPoint): SignedLogPoint;
  /** Whether the chain's head, or base, is one that this server signed. */
  holds(kind: LogPointKind, chain: StoredLogChain): boolean;
  /** Whether both were signed by the present identity, the one that clients pin. */
  isCurrent(chain: StoredLogChain): boolean;
}

/** @param options.oldIdentities fingerprints of earlier identities of this server. */
export function createLogSigner(options: {
  readonly identity: ServerIdentity;
  readonly oldIdentities: readonly string[];
}): LogSigner {
  const { identity, oldIdentities } = options;
  const trusted = { identities: [identity.fingerprint, ...oldIdentities], verify: verifySignature };
  const current = bytesToHex(identity.publicKey);
  return {
    sign: (kind, point) => signLogPoint(kind, point, identity),
    holds(kind, chain) {
      const point = pointOf(kind, chain);
      return point !== undefined && checkLogPoint(kind, point, trusted) === "holds";
    },
    isCurrent: ({ headIdentity, baseIdentity }) =>
      bytesToHex(headIdentity) === current && (baseIdentity === null || bytesToHex(baseIdentity) === current),
  };
}

/** A stored point as it is handed out; undefined for a chain without a base. */
export function pointOf(kind: LogPointKind, chain: StoredLogChain): SignedLogPoint | undefined {
  const { headSeq, headHash, headAt, headIdentity, headSignature } = chain;
  if (kind === "head") {
    const head = { chain: chain.chain, seq: headSeq, hash: headHash, at: headAt };
    return { ...head, identity: toBase64Url(headIdentity), signature: toBase64Url(headSignature) };
  }
  const { baseSeq, baseHash, baseAt, baseIdentity, baseSignature } = chain;
  if (baseHash === null || baseAt === null || baseIdentity === null || baseSignature === null)
    return undefined;
  const base = { chain: chain.chain, seq: baseSeq, hash: baseHash, at: baseAt };
  return { ...base, identity: toBase64Url(baseIdentity), signature: toBase64Url(baseSignature) };
}

/** A signed point as it is stored. */
export function placeOf(point: SignedLogPoint): SignedPlace {
  return {
    ...point,
    identity: bytesToHex(fromBase64Url(point.identity)),
    signature: bytesToHex(fromBase64Url(point.signature)),
  };
}

function verifySignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const jwk = { kty: "OKP", crv: "Ed25519", x: toBase64Url(publicKey) };
  return verify(null, message, createPublicKey({ key: jwk, format: "jwk" }), signature);
}
