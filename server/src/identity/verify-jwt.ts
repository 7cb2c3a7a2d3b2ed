import { EncodingError, fromBase64Url } from "@vaultproof/protocol/encoding";
import { SUBJECT } from "@vaultproof/protocol/identifiers";
import { LIMITS } from "@vaultproof/protocol/limits";
import {
  decodeProtectedHeader,
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyOptions,
  type ProtectedHeaderParameters,
} from "jose";
import { identityRefused } from "./identity-refusal.js";
import type { IdentityKey, IdentityRule } from "./identity-rule.js";

/** What a token of one kind must be. */
export interface ExpectedToken {
  /** Media types of `typ`, lower case, without `application/`; undefined for a token without it. */
  readonly types: readonly (string | undefined)[];
  readonly claims: Pick<JWTVerifyOptions, "issuer" | "audience">;
  /** Seconds between `iat` (now, where it has none) and `exp`. */
  readonly longest: number;
}

/** A token whose signature, times and subject hold. */
export interface VerifiedToken {
  readonly subject: string;
  readonly payload: JWTPayload;
}

/** Headers that bring a key, or name one elsewhere, and extensions that this server does not know. */
const REFUSED_HEADERS = ["jwk", "jku", "x5c", "x5u", "crit"] as const;

/**
 * Verifies a JWT by the rule's static keys and the algorithm that each of them has by its type.
 *
 * @param now the database's time, Unix seconds.
 * @throws ServerError `appNotAuthorized`
 */
export async function verifyJwt(
  token: string,
  rule: IdentityRule,
  { types, claims, longest, now }: ExpectedToken & { readonly now: number },
): Promise<VerifiedToken> {
  if (!isCanonical(token)) throw identityRefused("notAccepted");
  const header = headerOf(token);
  const key = header === null || !isExpected(header, types) ? null : keyFor(header, rule);
  if (key === null) throw identityRefused("notAccepted");
  const payload = await verified(token, key, { ...claims, now });
  const { sub, iat = now, exp = Number.NaN } = payload;
  if (typeof sub !== "string" || !SUBJECT.test(sub)) throw identityRefused("notAccepted");
  if (exp <= now) throw identityRefused("expired");
  if (iat > now + LIMITS.identityClockSkewSeconds) throw identityRefused("notYetValid");
  if (!(exp - iat <= longest)) throw identityRefused("notAccepted");
  return { subject: sub, payload };
}

async function verified(
  token: string,
  { algorithm, key }: IdentityKey,
  { now, ...claims }: ExpectedToken["claims"] & { readonly now: number },
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, key, {
      ...claims,
      algorithms: [algorithm],
      currentDate: new Date(now * 1000),
      // For times of beginning; that of the end is judged without it.
      clockTolerance: LIMITS.identityClockSkewSeconds,
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw identityRefused("expired");
    if (error instanceof errors.JWTClaimValidationFailed) {
      const isEarly = error.claim === "nbf" && error.reason === "check_failed";
      throw identityRefused(isEarly ? "notYetValid" : "notAccepted");
    }
    if (error instanceof errors.JOSEError) throw identityRefused("notAccepted");
    throw error;
  }
}

/** Whether each part has the one spelling of its bytes. */
function isCanonical(token: string): boolean {
  const parts = token.split(".");
  if (parts.length !== 3) return false;
  try {
    return parts.every((part) => fromBase64Url(part).length > 0);
  } catch (error) {
    if (error instanceof EncodingError) return false;
    throw error;
  }
}

function headerOf(token: string): ProtectedHeaderParameters | null {
  try {
    return decodeProtectedHeader(token);
  } catch {
    return null;
  }
}

function isExpected(header: ProtectedHeaderParameters, types: ExpectedToken["types"]): boolean {
  if (REFUSED_HEADERS.some((name) => Object.hasOwn(header, name))) return false;
  const typ: unknown = header.typ;
  if (typ !== undefined && typeof typ !== "string") return false;
  return types.includes(typ?.toLowerCase().replace(/^application\//, ""));
}

/** The key that `kid` names; without it the only one there is. */
function keyFor(header: ProtectedHeaderParameters, { keys }: IdentityRule): IdentityKey | null {
  const kid: unknown = header.kid;
  if (typeof kid === "string") return keys.get(kid) ?? null;
  const [only] = keys.values();
  return kid === undefined && keys.size === 1 ? (only ?? null) : null;
}
