import { CLIENT_IP_HEADER, EDGE_SIGNATURE, edgeComponents } from "@vaultproof/protocol/edge-signature";
import { contentDigest, mergeMember, signMessage } from "@vaultproof/protocol/message-signatures";
import type { RequestTarget } from "./request-target.js";

/** A secret that edge and backend share, and the name by which a signature refers to it. */
export interface EdgeSecret {
  readonly id: string;
  readonly secret: Uint8Array;
}

/** A request to the backend before it is signed. */
export interface UnsignedRequest {
  readonly method: string;
  readonly target: RequestTarget;
  /** Free of anything that only the edge may say; the signature's fields are set on it. */
  readonly headers: Headers;
  readonly bodyDigest: Uint8Array;
  readonly clientAddress: string;
}

/** Sets `vp-client-ip`, `Content-Digest`, `Signature-Input` and `Signature` on the request's headers. */
export type RequestSigner = (request: UnsignedRequest) => Promise<void>;

/**
 * Makes a signer whose secret is imported once.
 *
 * The signer throws `SignatureBaseError` when a covered value cannot be signed, for example an `Origin` that is not ASCII.
 *
 * @param options.now milliseconds since the epoch.
 * @param options.randomNonce a fresh, unguessable text for each signature.
 */
export function createSigner(options: {
  readonly secret: EdgeSecret;
  readonly now: () => number;
  readonly randomNonce: () => string;
}): RequestSigner {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  // Copied, because WebCrypto takes no view of shared memory and the caller may wipe its own.
  const key = crypto.subtle.importKey("raw", new Uint8Array(options.secret.secret), algorithm, false, [
    "sign",
  ]);
  const sign = async (base: Uint8Array<ArrayBuffer>) =>
    new Uint8Array(await crypto.subtle.sign("HMAC", await key, base));

  return async ({ method, target, headers, bodyDigest, clientAddress }) => {
    headers.set(CLIENT_IP_HEADER, clientAddress);
    headers.set("content-digest", contentDigest(bodyDigest));
    const created = Math.floor(options.now() / 1000);
    const member = await signMessage({
      message: {
        method,
        path: target.path,
        query: target.query,
        header: (name) => headers.get(name) ?? undefined,
      },
      label: EDGE_SIGNATURE.label,
      components: edgeComponents(headers.has("origin")),
      parameters: {
        created,
        expires: created + EDGE_SIGNATURE.lifetimeSeconds,
        nonce: options.randomNonce(),
        keyid: options.secret.id,
        alg: EDGE_SIGNATURE.algorithm,
        tag: EDGE_SIGNATURE.tag,
      },
      sign,
    });
    headers.set(
      "signature-input",
      mergeMember(headers.get("signature-input") ?? undefined, member.signatureInput),
    );
    headers.set("signature", mergeMember(headers.get("signature") ?? undefined, member.signature));
  };
}

/** 16 random bytes in base64url, unpadded. */
export function randomNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
