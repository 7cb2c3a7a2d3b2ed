import {
  ACCESS_TOKEN_TYPE,
  accessTokenAudience,
  accessTokenClaimsSchema,
} from "@vaultproof/protocol/access-token";
import { LIMITS } from "@vaultproof/protocol/limits";
import type { CallMethod } from "@vaultproof/protocol/restrictions";
import { parseRequest } from "./developer-input.js";
import { importSigningKey } from "./identity-signing-key.js";
import { statementTimes, type IdentityStatement } from "./identity-statement.js";
import { VaultProofError } from "./sdk-error.js";

/** Whom an access token is for, and what it may be used for. */
export interface AccessTokenRequest extends IdentityStatement {
  /** Origins of the pages that may use it, `https://host[:port]`; any when left out. */
  readonly origins?: readonly string[] | undefined;
  /** Path patterns as in restrictions; any path when left out. */
  readonly paths?: readonly string[] | undefined;
  /** Any method when left out. */
  readonly methods?: readonly CallMethod[] | undefined;
}

/** What a backend hands to the page. */
export interface AccessToken {
  readonly accessToken: string;
  /** Unix seconds. */
  readonly expiresAt: number;
}

/**
 * For a developer's backend: a short-lived token for a user whom the backend has let in. `expiresIn` is an hour at most.
 *
 * @throws VaultProofError `invalid-argument`
 */
export async function retrieveAccessToken(request: AccessTokenRequest): Promise<AccessToken> {
  const { keyVersion, keySlotId, appId, subject, origins, paths, methods } = request;
  const { issuedAt, expiresAt } = statementTimes(request, LIMITS.accessTokenSeconds);
  for (const origin of origins ?? []) requireOrigin(origin);
  const claims = {
    aud: accessTokenAudience(keySlotId, appId),
    sub: subject,
    iat: issuedAt,
    exp: expiresAt,
    ...(origins === undefined ? {} : { origins }),
    ...(paths === undefined ? {} : { paths }),
    ...(methods === undefined ? {} : { methods }),
  };
  parseRequest(accessTokenClaimsSchema, claims);
  const { algorithm, key } = await importSigningKey(request.privateKey);
  const { SignJWT } = await import("jose");
  const accessToken = await new SignJWT(claims)
    .setProtectedHeader({ alg: algorithm, typ: ACCESS_TOKEN_TYPE, kid: keyVersion })
    .sign(key);
  return { accessToken, expiresAt };
}

/** Origins are compared as text: one that no browser sends would shut out the page that it was meant for. */
function requireOrigin(origin: string): void {
  if (URL.canParse(origin) && new URL(origin).origin === origin) return;
  throw new VaultProofError(
    "invalid-argument",
    "origins: each is https://host[:port], lower case, without a path",
  );
}
