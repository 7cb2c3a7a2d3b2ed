import { bytesToField, uint64be } from "./framing.js";
import { concatBytes } from "@noble/hashes/utils.js";

/** How the share member of a call was sent. */
export const SHARE_FORM = { clear: 0, sealed: 1 } as const;
/** How the body member of a call was sent. */
export const BODY_FORM = { none: 0, json: 1, base64: 2 } as const;

/**
 * What a proof is bound to. Digests are SHA-256, 32 bytes, made by the caller, because bodies reach megabytes and a
 * server hashes those natively.
 */
export interface RequestToHash {
  readonly keySlotId: string;
  readonly appId: string;
  readonly method: string;
  readonly targetPath: string;
  /** Unix seconds. */
  readonly expiresAt: number;
  readonly shareForm: (typeof SHARE_FORM)[keyof typeof SHARE_FORM];
  /** Of the share member's text exactly as sent (base64 or `0x…`), as UTF-8. */
  readonly shareDigest: Uint8Array;
  /** Of the JCS bytes of `headers`, absent read as `{}`. */
  readonly headersDigest: Uint8Array;
  readonly bodyForm: (typeof BODY_FORM)[keyof typeof BODY_FORM];
  /** Of the bytes that go to the provider: the JCS of `body`, the decoded `bodyBase64`, or no bytes. */
  readonly bodyDigest: Uint8Array;
  /** Of the JCS bytes of `auth`, absent read as no bytes. */
  readonly authDigest: Uint8Array;
}

/** The field element that makes a proof good for exactly one request. */
export function requestHash(request: RequestToHash): bigint {
  return bytesToField(
    "vaultproof call v1",
    request.keySlotId,
    request.appId,
    request.method,
    request.targetPath,
    uint64be(request.expiresAt),
    concatBytes(new Uint8Array([request.shareForm]), request.shareDigest),
    request.headersDigest,
    concatBytes(new Uint8Array([request.bodyForm]), request.bodyDigest),
    request.authDigest,
  );
}
