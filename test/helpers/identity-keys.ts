import { createHmac, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import type { IdentityAlgorithm, PublicJwk } from "@vaultproof/protocol/identity-key";
import { frame, be } from "../vectors/independent/encodings.js";

// A developer's backend as somebody writes it who has only the documentation and Node: neither jose nor the SDK.

/** A backend's key. */
export interface BackendKey {
  readonly algorithm: IdentityAlgorithm;
  readonly version: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: PublicJwk;
}

/** What an id signature says. */
export interface IdSigned {
  readonly keySlotId: string;
  readonly appId: string;
  readonly subject: string;
  readonly expiresAt: number;
  readonly keyVersion: string;
}

const GENERATE = {
  RS256: (bits: number) => generateKeyPairSync("rsa", { modulusLength: bits }),
  ES256: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
  EdDSA: () => generateKeyPairSync("ed25519"),
} as const;

export function makeBackendKey(algorithm: IdentityAlgorithm, version = "2026-01", bits = 2048): BackendKey {
  const { privateKey, publicKey } = GENERATE[algorithm](bits);
  const jwk = publicKey.export({ format: "jwk" }) as PublicJwk;
  return { algorithm, version, privateKey, publicKey, jwk };
}

/** `identity.keys` of a restriction. */
export function keyList(...keys: readonly BackendKey[]): { version: string; jwk: PublicJwk }[] {
  return keys.map(({ version, jwk }) => ({ version, jwk }));
}

/** Signs as the key's algorithm does. */
export function signBytes({ algorithm, privateKey }: BackendKey, message: Buffer): Buffer {
  if (algorithm === "EdDSA") return sign(null, message, privateKey);
  return sign("sha256", message, { key: privateKey, dsaEncoding: "ieee-p1363" });
}

/** The text of `auth.idSignature`; `shown` replaces what stands in it after it was signed. */
export function idSignature(key: BackendKey, said: IdSigned, shown: Partial<IdSigned> = {}): string {
  const { keySlotId, appId, subject, expiresAt, keyVersion } = said;
  const parts = frame(keySlotId, appId, subject, be(expiresAt, 8), keyVersion);
  const signature = signBytes(key, Buffer.concat([Buffer.from("vaultproof id signature v1\0"), parts]));
  const text = { ...said, ...shown };
  const encoded = [Buffer.from(text.subject), signature].map((bytes) => bytes.toString("base64url"));
  return ["v1", text.keyVersion, text.expiresAt, ...encoded].join(".");
}

/** A JWT over any header and claims; members that are undefined are left out. */
export function jwt(
  key: BackendKey,
  claims: unknown,
  header: Readonly<Record<string, unknown>> = {},
): string {
  const input = signingInput({ alg: key.algorithm, typ: "JWT", kid: key.version, ...header }, claims);
  return `${input}.${signBytes(key, Buffer.from(input)).toString("base64url")}`;
}

/** A JWT under a symmetric key. */
export function hmacJwt(
  secret: string | Buffer,
  claims: unknown,
  header: Readonly<Record<string, unknown>>,
): string {
  const input = signingInput(header, claims);
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
}

/** The two parts that are signed. */
export function signingInput(header: unknown, claims: unknown): string {
  const text = [header, claims].map((part) => (typeof part === "string" ? part : JSON.stringify(part)));
  return text.map((part) => Buffer.from(part).toString("base64url")).join(".");
}
