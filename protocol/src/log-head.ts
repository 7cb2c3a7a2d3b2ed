import * as z from "zod/mini";
import "./schema-messages.js";
import { canonicalJson } from "./canonical-json.js";
import { keyFingerprint } from "./developer-signature.js";
import { concatBytes, EncodingError, fromBase64Url, toBase64Url, utf8ToBytes } from "./encoding.js";
import { logChainSchema, logHashSchema, logSeqSchema } from "./log-row.js";

/** Header of an export: base64url of the JSON of {@link logHeadsSchema}. */
export const LOG_HEAD_HEADER = "vp-log-head";

/**
 * A place in a chain that the server vouches for: the row `seq` has this hash. `at` is that row's time, Unix seconds.
 * Signed as a head it says that the chain reaches so far; as a base, that the rows up to it are kept no longer.
 */
export const signedLogPointSchema = z.strictObject({
  chain: logChainSchema,
  seq: logSeqSchema,
  hash: logHashSchema,
  at: logSeqSchema,
  /** base64url of the raw Ed25519 key of the server. */
  identity: z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/, "base64url of 32 bytes")),
  /** base64url of the signature over {@link logPointSigningInput}. */
  signature: z.string().check(z.regex(/^[A-Za-z0-9_-]{86}$/, "base64url of 64 bytes")),
});

/** What vouches for an export: its head, and its base where rows were dropped. */
export const logHeadsSchema = z.strictObject({
  head: signedLogPointSchema,
  base: z.optional(signedLogPointSchema),
});

export type SignedLogPoint = z.infer<typeof signedLogPointSchema>;
export type LogHeads = z.infer<typeof logHeadsSchema>;
/** What is signed of a point. */
export type LogPoint = Pick<SignedLogPoint, "chain" | "seq" | "hash" | "at">;
export type LogPointKind = "head" | "base";

/** `vaultproof log head v1` (or `base`) `‖ 0x00 ‖` JCS of chain, seq, hash and at. */
export function logPointSigningInput(kind: LogPointKind, point: LogPoint): Uint8Array<ArrayBuffer> {
  const { chain, seq, hash, at } = point;
  return concatBytes(
    utf8ToBytes(`vaultproof log ${kind} v1`),
    new Uint8Array([0]),
    canonicalJson({ chain, seq, hash, at }),
  );
}

/** Signs a point by the server's identity. */
export function signLogPoint(
  kind: LogPointKind,
  { chain, seq, hash, at }: LogPoint,
  identity: { readonly publicKey: Uint8Array; sign(message: Uint8Array): Uint8Array },
): SignedLogPoint {
  const point = { chain, seq, hash, at };
  return {
    ...point,
    identity: toBase64Url(identity.publicKey),
    signature: toBase64Url(identity.sign(logPointSigningInput(kind, point))),
  };
}

/**
 * Whether a point is signed by a server that is trusted: `foreign` if it names another one, `forged` if the signature
 * does not hold.
 *
 * @param trusted.identities fingerprints.
 * @param trusted.verify strict Ed25519.
 */
export function checkLogPoint(
  kind: LogPointKind,
  point: SignedLogPoint,
  trusted: {
    readonly identities: readonly string[];
    readonly verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
  },
): "holds" | "foreign" | "forged" {
  try {
    const publicKey = fromBase64Url(point.identity);
    if (!trusted.identities.includes(keyFingerprint(publicKey))) return "foreign";
    const signature = fromBase64Url(point.signature);
    return trusted.verify(publicKey, logPointSigningInput(kind, point), signature) ? "holds" : "forged";
  } catch (error) {
    if (error instanceof EncodingError) return "forged";
    throw error;
  }
}
