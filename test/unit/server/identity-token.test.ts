import t from "tap";
import { hmacJwt, jwt, keyList, makeBackendKey, signingInput } from "../../helpers/identity-keys.js";
import { AUDIENCE, ISSUER, setIdentityStage, SUBJECT_OF_TOKENS } from "../../helpers/identity-stage.js";

// Tokens as an identity provider makes them, and everything that is known to be tried with such tokens.

const ALGORITHMS = ["RS256", "ES256", "EdDSA"] as const;
const NAMES = { issuer: ISSUER, audience: AUDIENCE };
const NOT_ACCEPTED = "403 Identity not accepted";
const EXPIRED = "403 Identity expired";
const EARLY = "403 Identity not yet valid";

const keys = {
  RS256: makeBackendKey("RS256"),
  ES256: makeBackendKey("ES256"),
  EdDSA: makeBackendKey("EdDSA"),
};

/** The cases that are tried with each algorithm; the others with one. */
const DEPENDS_ON_ALGORITHM = /^(?:good|alg|HS256|no alg|a token by|an embedded key|expired$)/;

void t.test("an identity token: algorithm, key, names and times", async (t) => {
  const stage = await setIdentityStage(t);
  const now = await stage.now();
  const token = (...about: Parameters<typeof stage.identityToken>) => stage.identityToken(...about);
  for (const algorithm of ALGORITHMS) {
    const key = keys[algorithm];
    const identity = { accept: ["identityToken"], keys: keyList(key), ...NAMES };
    await stage.restrict({ grant: { identity } });
    const claims = { iss: ISSUER, aud: AUDIENCE, sub: SUBJECT_OF_TOKENS, iat: now, exp: now + 60 };
    const good = await token(key);
    const [header = "", payload = "", signature = ""] = good.split(".");
    const none = { alg: "none", kid: key.version, typ: "JWT" };
    const hs256 = { ...none, alg: "HS256" };
    const wrongKeys = ALGORITHMS.filter((other) => other !== algorithm).map((other) => keys[other]);
    const cases: Record<string, [string, string | null]> = {
      good: [good, null],
      "several audiences": [await token(key, { aud: ["other", AUDIENCE] }), null],
      "without kid, one key": [await token(key, {}, { kid: undefined }), null],
      "without typ": [await token(key, {}, { typ: undefined }), null],
      "an access token of OAuth": [await token(key, {}, { typ: "application/at+jwt" }), null],
      "without iat": [await token(key, { iat: undefined }), null],
      "a clock that is a little ahead": [await token(key, { iat: now + 3, nbf: now + 3 }), null],
      "alg none": [`${signingInput(none, claims)}.`, NOT_ACCEPTED],
      "alg none, signed": [`${signingInput(none, claims)}.${signature}`, NOT_ACCEPTED],
      "alg NONE": [`${signingInput({ ...none, alg: "NONE" }, claims)}.AA`, NOT_ACCEPTED],
      "HS256 with the PEM": [
        hmacJwt(key.publicKey.export({ format: "pem", type: "spki" }), claims, hs256),
        NOT_ACCEPTED,
      ],
      "HS256 with the DER": [
        hmacJwt(key.publicKey.export({ format: "der", type: "spki" }), claims, hs256),
        NOT_ACCEPTED,
      ],
      "HS256 with the JWK": [hmacJwt(JSON.stringify(key.jwk), claims, hs256), NOT_ACCEPTED],
      "no alg": [await token(key, {}, { alg: undefined }), NOT_ACCEPTED],
      "an unknown kid": [await token(key, {}, { kid: "2" }), NOT_ACCEPTED],
      "a kid that is no text": [await token(key, {}, { kid: 1 }), NOT_ACCEPTED],
      "a kid of __proto__": [await token(key, {}, { kid: "__proto__" }), NOT_ACCEPTED],
      "another issuer": [await token(key, { iss: `${ISSUER}x` }), NOT_ACCEPTED],
      "no issuer": [await token(key, { iss: undefined }), NOT_ACCEPTED],
      "another audience": [await token(key, { aud: "other" }), NOT_ACCEPTED],
      "no audience": [await token(key, { aud: undefined }), NOT_ACCEPTED],
      "no subject": [await token(key, { sub: undefined }), NOT_ACCEPTED],
      "a subject that is no text": [await token(key, { sub: 42 }), NOT_ACCEPTED],
      "an empty subject": [await token(key, { sub: "" }), NOT_ACCEPTED],
      "a subject with a NUL": [await token(key, { sub: "a\0b" }), NOT_ACCEPTED],
      "a subject of 257": [await token(key, { sub: "a".repeat(257) }), NOT_ACCEPTED],
      expired: [await token(key, { iat: now - 60, exp: now - 1 }), EXPIRED],
      "expired just now": [await token(key, { exp: now }), EXPIRED],
      "no exp": [await token(key, { exp: undefined }), NOT_ACCEPTED],
      "exp as text": [await token(key, { exp: String(now + 60) }), NOT_ACCEPTED],
      "exp beyond every number": [
        jwt(key, JSON.stringify({ ...claims, exp: 0 }).replace('"exp":0', '"exp":1e999')),
        NOT_ACCEPTED,
      ],
      "not yet valid": [await token(key, { nbf: now + 3600 }), EARLY],
      "made in the future": [await token(key, { iat: now + 3600, exp: now + 3660 }), EARLY],
      "longer than a day": [await token(key, { iat: now, exp: now + 86_401 }), NOT_ACCEPTED],
      "longer than a day, without iat": [
        await token(key, { iat: undefined, exp: now + 90_000 }),
        NOT_ACCEPTED,
      ],
      "an access token": [await stage.accessToken(key), NOT_ACCEPTED],
      "an access token's typ": [await token(key, {}, { typ: "vaultproof-access+jwt" }), NOT_ACCEPTED],
      "a typ of its own": [await token(key, {}, { typ: "logout+jwt" }), NOT_ACCEPTED],
      "a typ that is no text": [await token(key, {}, { typ: ["JWT"] }), NOT_ACCEPTED],
      jku: [await token(key, {}, { jku: "https://evil.example/jwks" }), NOT_ACCEPTED],
      x5u: [await token(key, {}, { x5u: "https://evil.example/x" }), NOT_ACCEPTED],
      "an embedded key": [await token(key, {}, { jwk: key.jwk }), NOT_ACCEPTED],
      "an unknown critical header": [await token(key, {}, { crit: ["x"], x: 1 }), NOT_ACCEPTED],
      "crit b64": [await token(key, {}, { crit: ["b64"], b64: false }), NOT_ACCEPTED],
      "claims that are no object": [jwt(key, [claims]), NOT_ACCEPTED],
      "claims that are no JSON": [jwt(key, "x"), NOT_ACCEPTED],
      "a header that is no JSON": [`eA.${payload}.${signature}`, NOT_ACCEPTED],
      padding: [`${good}=`, NOT_ACCEPTED],
      "a line break in it": [
        `${header}.${payload}.${signature.slice(0, 9)}\n${signature.slice(9)}`,
        NOT_ACCEPTED,
      ],
      "two parts": [`${header}.${payload}`, NOT_ACCEPTED],
      "five parts": [`${good}.AA.AA`, NOT_ACCEPTED],
      nothing: ["", NOT_ACCEPTED],
      huge: [await token(key, { pad: "x".repeat(11_000), aud: "other" }), NOT_ACCEPTED],
      "an id signature": [await stage.idSignature(key), NOT_ACCEPTED],
    };
    for (const wrong of wrongKeys) {
      const forged = jwt(wrong, claims, { kid: key.version });
      cases[`a token by ${wrong.algorithm}`] = [forged, NOT_ACCEPTED];
    }
    for (const [name, [identityToken, outcome]] of Object.entries(cases)) {
      if (algorithm !== "EdDSA" && !DEPENDS_ON_ALGORITHM.test(name)) continue;
      t.equal(await stage.call({ identityToken }), outcome, `${algorithm}: ${name}`);
    }
  }
  const identity = { accept: ["identityToken"], keys: keyList(keys.EdDSA, makeBackendKey("EdDSA", "2")) };
  await stage.restrict({ grant: { identity: { ...identity, ...NAMES } } });
  t.equal(await stage.call({ identityToken: await token(keys.EdDSA) }), null);
  t.equal(
    await stage.call({ identityToken: await token(keys.EdDSA, {}, { kid: undefined }) }),
    NOT_ACCEPTED,
    "without kid among two keys",
  );
});
