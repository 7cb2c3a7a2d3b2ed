import { createPublicKey, type KeyObject } from "node:crypto";
import { identityAlgorithm, type IdentityAlgorithm, type PublicJwk } from "@vaultproof/protocol/identity-key";
import {
  identityRestrictionSchema,
  type IdentityKind,
  type IdentityRestriction,
} from "@vaultproof/protocol/identity-restriction";
import { LRUCache } from "lru-cache";

/** A key of a developer's backend, ready to verify by the one algorithm of its type. */
export interface IdentityKey {
  readonly algorithm: IdentityAlgorithm;
  readonly key: KeyObject;
}

/** A slot's or grant's `identity`, read. */
export interface IdentityRule {
  readonly accept: readonly IdentityKind[];
  /** By version. */
  readonly keys: ReadonlyMap<string, IdentityKey>;
  /** Both are there where identityToken is accepted. */
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
}

/** Some kilobytes each. */
const MOST_RULES = 512;

/** By the member's text: making keys costs more than verifying by them. */
const rules = new LRUCache<string, IdentityRule>({ max: MOST_RULES });

/** Reads a stored `identity`; null for what is none or has a key that cannot be used, which no call can satisfy. */
export function readIdentityRule(member: unknown): IdentityRule | null {
  const text = JSON.stringify(member) as string | undefined;
  if (text === undefined) return null;
  const known = rules.get(text);
  if (known !== undefined) return known;
  const parsed = identityRestrictionSchema.safeParse(member);
  const rule = parsed.success ? toRule(parsed.data) : null;
  if (rule !== null) rules.set(text, rule);
  return rule;
}

/** The key object of a JWK; null where its members have the right shape and are no key all the same. */
export function keyObjectOf(jwk: PublicJwk): KeyObject | null {
  const { kty } = jwk;
  const members = kty === "RSA" ? { n: jwk.n, e: jwk.e } : { crv: jwk.crv, x: jwk.x };
  const y = kty === "EC" ? { y: jwk.y } : {};
  try {
    return createPublicKey({ format: "jwk", key: { kty, ...members, ...y } });
  } catch {
    return null;
  }
}

function toRule({ accept, keys, issuer, audience }: IdentityRestriction): IdentityRule | null {
  const usable = new Map<string, IdentityKey>();
  for (const { version, jwk } of keys) {
    const key = keyObjectOf(jwk);
    if (key === null) return null;
    usable.set(version, { algorithm: identityAlgorithm(jwk), key });
  }
  return { accept, keys: usable, issuer, audience };
}
