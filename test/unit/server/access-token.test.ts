import t from "tap";
import { jwt, keyList, makeBackendKey } from "../../helpers/identity-keys.js";
import { AUDIENCE, ISSUER, setIdentityStage } from "../../helpers/identity-stage.js";

// Tokens as a developer's backend makes them for its pages: what they must say, and what they hold a call to.

const NOT_ACCEPTED = "403 Identity not accepted";
const EXPIRED = "403 Identity expired";
const EARLY = "403 Identity not yet valid";
const ORIGIN = "403 Access token not for this origin";
const PATH = "403 Access token not for this path";
const METHOD = "403 Access token not for this method";
const PAGE = "https://app.example.com";

type Members = Readonly<Record<string, unknown>>;

const key = makeBackendKey("ES256");
const identity = { accept: ["accessToken"], keys: keyList(key) };

void t.test("an access token is one of ours, for this slot and app, and short-lived", async (t) => {
  const stage = await setIdentityStage(t);
  await stage.restrict({ grant: { identity } });
  const now = await stage.now();
  const token = (claims: Members = {}, header: Members = {}) => stage.accessToken(key, claims, header);
  const audience = `vaultproof:${stage.stage.slotId}:${stage.appId}`;
  const cases: Record<string, [string, string | null]> = {
    good: [await token(), null],
    "an hour": [await token({ iat: now, exp: now + 3600 }), null],
    "a media type in full": [await token({}, { typ: "application/vaultproof-access+jwt" }), null],
    "an issuer and an id": [await token({ iss: "x", jti: "y", nbf: now }), null],
    "longer than an hour": [await token({ iat: now, exp: now + 3601 }), NOT_ACCEPTED],
    "an hour that began long ago": [await token({ iat: now - 86_400, exp: now + 60 }), NOT_ACCEPTED],
    expired: [await token({ iat: now - 60, exp: now - 1 }), EXPIRED],
    "not yet valid": [await token({ nbf: now + 3600 }), EARLY],
    "made in the future": [await token({ iat: now + 3600, exp: now + 3660 }), EARLY],
    "no iat": [await token({ iat: undefined }), NOT_ACCEPTED],
    "no exp": [await token({ exp: undefined }), NOT_ACCEPTED],
    "no subject": [await token({ sub: undefined }), NOT_ACCEPTED],
    "a subject with a line break": [await token({ sub: "a\nb" }), NOT_ACCEPTED],
    "no audience": [await token({ aud: undefined }), NOT_ACCEPTED],
    "another slot": [
      await token({ aud: `vaultproof:00000000-0000-4000-8000-000000000000:my-app` }),
      NOT_ACCEPTED,
    ],
    "another app": [await token({ aud: `${audience}2` }), NOT_ACCEPTED],
    "the audience among others": [await token({ aud: [audience, "other"] }), NOT_ACCEPTED],
    "the audience in a list": [await token({ aud: [audience] }), NOT_ACCEPTED],
    "typ JWT": [await token({}, { typ: "JWT" }), NOT_ACCEPTED],
    "no typ": [await token({}, { typ: undefined }), NOT_ACCEPTED],
    "typ at+jwt": [await token({}, { typ: "at+jwt" }), NOT_ACCEPTED],
    "an unknown kid": [await token({}, { kid: "2" }), NOT_ACCEPTED],
    "a restriction that is not known": [await token({ origin: PAGE }), NOT_ACCEPTED],
    "an identity token": [await stage.identityToken(key, { aud: audience }), NOT_ACCEPTED],
    "another key": [await stage.accessToken(makeBackendKey("ES256")), NOT_ACCEPTED],
    huge: [await token({ jti: "x".repeat(11_000) }), NOT_ACCEPTED],
  };
  for (const [name, [accessToken, outcome]] of Object.entries(cases)) {
    t.equal(await stage.call({ accessToken }), outcome, name);
  }
  const claims = { aud: audience, sub: "user", iat: now, exp: now + 60 };
  const doubled = JSON.stringify(claims).replace(
    '"sub":"user"',
    '"sub":"user","__proto__":{"origins":["x"]}',
  );
  t.equal(
    await stage.call({ accessToken: jwt(key, doubled, { typ: "vaultproof-access+jwt" }) }),
    NOT_ACCEPTED,
  );
});

void t.test("an access token holds a call to its origins, paths and methods", async (t) => {
  const stage = await setIdentityStage(t);
  await stage.restrict({ grant: { identity } });
  const call = async (claims: Members, about: Members = {}) =>
    stage.call({ accessToken: await stage.accessToken(key, claims) }, about);
  const paths = ["/v1/models", "/v1/chat/*"];
  t.equal(await call({ paths }), null);
  t.equal(await call({ paths }, { targetPath: "/v1/models?limit=1" }), null);
  t.equal(await call({ paths }, { targetPath: "/v1/chat/completions", method: "POST" }), null);
  t.equal(await call({ paths }, { targetPath: "/v1/files" }), PATH);
  t.equal(await call({ paths }, { targetPath: "/v1/files?x=/v1/chat/" }), PATH);
  t.equal(await call({ methods: ["GET", "HEAD"] }), null);
  t.equal(await call({ methods: ["GET", "HEAD"] }, { method: "POST" }), METHOD);
  for (const malformed of [
    { paths: [] },
    { paths: "/v1/models" },
    { paths: null },
    { paths: ["v1"] },
    { methods: [] },
    { methods: "GET" },
    { methods: ["get"] },
    { methods: ["TRACE"] },
    { origins: [] },
    { origins: PAGE },
    { origins: [null] },
    { origins: { 0: PAGE } },
  ]) {
    t.equal(await call(malformed), NOT_ACCEPTED, JSON.stringify(malformed));
  }
  t.equal(await call({ origins: [PAGE] }), ORIGIN, "no page at all");
  const accessToken = await stage.accessToken(key, { origins: [PAGE, "http://localhost:3000"] });
  for (const [origin, outcome] of [
    [PAGE, null],
    ["http://localhost:3000", null],
    ["https://app.example.com.evil.example", ORIGIN],
    ["https://app.example.com:8443", ORIGIN],
    ["http://app.example.com", ORIGIN],
    ["https://evil.example", ORIGIN],
    ["null", ORIGIN],
  ] as const) {
    t.equal(await stage.call({ accessToken }, {}, origin), outcome, origin);
  }
  t.equal(await stage.call({ accessToken: await stage.accessToken(key) }, {}, "https://any.example"), null);
});

void t.test(
  "with an identity provider's key in the same list, its tokens do not pass for access tokens",
  async (t) => {
    const stage = await setIdentityStage(t);
    const accept = ["identityToken", "accessToken"];
    await stage.restrict({
      grant: { identity: { ...identity, accept, issuer: ISSUER, audience: AUDIENCE } },
    });
    const [identityToken, accessToken] = [await stage.identityToken(key), await stage.accessToken(key)];
    t.equal(await stage.call({ identityToken, accessToken }), null);
    t.equal(await stage.call({ accessToken: identityToken }), NOT_ACCEPTED);
    t.equal(await stage.call({ identityToken: accessToken }), NOT_ACCEPTED);
    t.equal(await stage.call({ identityToken: accessToken, accessToken: identityToken }), NOT_ACCEPTED);
  },
);
