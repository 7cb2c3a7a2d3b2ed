import { identityAlgorithm, type IdentityAlgorithm, type PublicJwk } from "@vaultproof/protocol/identity-key";
import type { CryptoKey } from "jose";
import { VaultProofError } from "./sdk-error.js";

/** A private key as a JWK: the public half and `d`, with RSA's other members. */
export type IdentityPrivateJwk = PublicJwk & { readonly d: string } & Partial<
    Record<"p" | "q" | "dp" | "dq" | "qi", string>
  >;

/** What Node's KeyObject is here. */
export interface ExportableKey {
  readonly type: string;
  export(options: { format: "jwk" }): object;
}

/** A backend's private key in any form that it may be held in. */
export type IdentityPrivateKey = IdentityPrivateJwk | CryptoKey | ExportableKey;

const KEY_MEMBERS = ["crv", "x", "y", "n", "e", "d", "p", "q", "dp", "dq", "qi"] as const;

/** A private key with the one algorithm that its type has. */
export interface SigningKey {
  readonly algorithm: IdentityAlgorithm;
  readonly key: CryptoKey;
}

/**
 * Takes a backend's private key: RSA, EC P-256 or Ed25519.
 *
 * @throws VaultProofError `invalid-argument`; never with anything of the key in it.
 */
export async function importSigningKey(privateKey: IdentityPrivateKey): Promise<SigningKey> {
  const given: unknown = privateKey;
  if (typeof given !== "object" || given === null) throw notUsable();
  if ("algorithm" in given) return fromCryptoKey(given as CryptoKey);
  const jwk = "export" in given ? exported(given as ExportableKey) : (given as Record<string, unknown>);
  const { kty, crv, d } = jwk;
  const isKnown = kty === "RSA" || (kty === "EC" && crv === "P-256") || (kty === "OKP" && crv === "Ed25519");
  if (!isKnown || typeof d !== "string") throw notUsable();
  const algorithm = identityAlgorithm({ kty });
  // What else it says of itself is what it was made for elsewhere; this is a signing key here.
  const members = Object.fromEntries(KEY_MEMBERS.map((name) => [name, jwk[name]]));
  // Loaded by those who sign, of whom there are few.
  const { importJWK } = await import("jose");
  const key = await importJWK({ ...members, kty }, algorithm).catch(() => undefined);
  if (key === undefined || key instanceof Uint8Array) throw notUsable();
  return { algorithm, key };
}

function fromCryptoKey(key: CryptoKey): SigningKey {
  const { name, hash, namedCurve } = key.algorithm as {
    name: string;
    hash?: { name: string };
    namedCurve?: string;
  };
  if (key.type !== "private" || !key.usages.includes("sign")) throw notUsable();
  if (name === "Ed25519") return { algorithm: "EdDSA", key };
  if (name === "ECDSA" && namedCurve === "P-256") return { algorithm: "ES256", key };
  if (name === "RSASSA-PKCS1-v1_5" && hash?.name === "SHA-256") return { algorithm: "RS256", key };
  throw notUsable();
}

function exported(key: ExportableKey): Record<string, unknown> {
  if (key.type !== "private") throw notUsable();
  try {
    return key.export({ format: "jwk" }) as Record<string, unknown>;
  } catch {
    throw notUsable();
  }
}

function notUsable(): VaultProofError {
  return new VaultProofError(
    "invalid-argument",
    "privateKey is a private key for signing: RSA with SHA-256, EC P-256 or Ed25519, as KeyObject, CryptoKey or JWK",
  );
}
