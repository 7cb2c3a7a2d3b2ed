import { ed25519 } from "@noble/curves/ed25519.js";
import * as z from "zod/mini";
import "./schema-messages.js";
import { EncodingError, fromBase64Url } from "./encoding.js";

/** How a developer's backend signs; each type of key has exactly one. */
export const IDENTITY_ALGORITHMS = ["RS256", "ES256", "EdDSA"] as const;
export type IdentityAlgorithm = (typeof IDENTITY_ALGORITHMS)[number];

/** Members of private and symmetric keys (RFC 7518, RFC 8037, RFC 9964). */
const PRIVATE_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"] as const;

const RSA_LEAST_BITS = 2048;
const RSA_MOST_BITS = 4096;
const COORDINATE_BYTES = 32;

const modulus = z
  .string()
  .check(
    z.maxLength(700),
    z.refine(isModulus, `n is an odd number of ${RSA_LEAST_BITS} to ${RSA_MOST_BITS} bits, in base64url`),
  );
const coordinate = z.string().check(
  z.maxLength(64),
  z.refine(
    (text) => decoded(text)?.length === COORDINATE_BYTES,
    `a coordinate is base64url of ${COORDINATE_BYTES} bytes`,
  ),
);

/** What else a JWK may say of a key; none of it may contradict what the key is for. */
const description = {
  use: z.optional(z.literal("sig", "use is sig")),
  key_ops: z.optional(z.tuple([z.literal("verify")], "key_ops is verify alone")),
  ext: z.optional(z.boolean()),
  kid: z.optional(z.string().check(z.maxLength(64))),
};
const rsa = z.strictObject({
  kty: z.literal("RSA"),
  n: modulus,
  e: z.literal("AQAB", "e is 65537, AQAB in base64url"),
  alg: z.optional(z.literal("RS256", "alg contradicts the key: RSA signs by RS256")),
  ...description,
});
const ec = z.strictObject({
  kty: z.literal("EC"),
  crv: z.literal("P-256", "crv is P-256"),
  x: coordinate,
  y: coordinate,
  alg: z.optional(z.literal("ES256", "alg contradicts the key: P-256 signs by ES256")),
  ...description,
});
const okp = z.strictObject({
  kty: z.literal("OKP"),
  crv: z.literal("Ed25519", "crv is Ed25519"),
  x: coordinate.check(z.refine(isEd25519Key, "x is no Ed25519 key")),
  // WebCrypto writes the second name into what it exports.
  alg: z.optional(z.enum(["EdDSA", "Ed25519"], "alg contradicts the key: Ed25519 signs by EdDSA")),
  ...description,
});

/**
 * The public half of a backend's key as a JWK. Whether x and y are a point of P-256 is for whoever makes a key of them
 * to find.
 */
export const publicJwkSchema = z.pipe(
  z
    .unknown()
    .check(z.refine((jwk) => !isPrivate(jwk), "a private or symmetric key; give the public half alone")),
  z.discriminatedUnion("kty", [rsa, ec, okp], "a key is a public JWK: RSA, EC P-256 or OKP Ed25519"),
);

/** The public half of a backend's key. */
export type PublicJwk = z.infer<typeof publicJwkSchema>;

/** The one algorithm that a key of this type signs by. */
export function identityAlgorithm({ kty }: Pick<PublicJwk, "kty">): IdentityAlgorithm {
  return ({ RSA: "RS256", EC: "ES256", OKP: "EdDSA" } as const)[kty];
}

function isPrivate(jwk: unknown): boolean {
  if (typeof jwk !== "object" || jwk === null) return false;
  return PRIVATE_MEMBERS.some((member) => member in jwk);
}

function isModulus(text: string): boolean {
  const bytes = decoded(text);
  const [first = 0, last = 0] = [bytes?.[0], bytes?.at(-1)];
  if (bytes === undefined || first === 0 || last % 2 === 0) return false;
  const bits = bytes.length * 8 - Math.clz32(first) + 24;
  return bits >= RSA_LEAST_BITS && bits <= RSA_MOST_BITS;
}

/** A point of small order would have signatures that hold for any message. */
function isEd25519Key(text: string): boolean {
  const bytes = decoded(text);
  if (bytes === undefined) return false;
  try {
    return !ed25519.Point.fromBytes(bytes).isSmallOrder();
  } catch {
    return false;
  }
}

function decoded(text: string): Uint8Array | undefined {
  try {
    return fromBase64Url(text);
  } catch (error) {
    if (error instanceof EncodingError) return undefined;
    throw error;
  }
}
