import { createPrivateKey, generateKeyPairSync, webcrypto } from "node:crypto";
import { inspect } from "node:util";
import {
  generateIdentityKey,
  retrieveAccessToken,
  signIdentity,
  type AccessTokenRequest,
  type IdentityPrivateKey,
} from "@vaultproof/sdk";
import t from "tap";
import { setIdentityStage } from "../../helpers/identity-stage.js";

// What a developer's backend does with the SDK, judged by the server.

const ALGORITHMS = ["RS256", "ES256", "EdDSA"] as const;
const SLOT = "3f2b8c1e-5d47-4a90-8b6c-0e1f2a3b4c5d";
const INVALID = { code: "invalid-argument" };

async function statement(): Promise<AccessTokenRequest> {
  const { privateKey } = await generateIdentityKey();
  return { privateKey, keyVersion: "1", keySlotId: SLOT, appId: "my-app", subject: "user-1" };
}

void t.test("what a backend signs is taken, whatever form its key has", async (t) => {
  const { stage, restrict, call, appId } = await setIdentityStage(t);
  for (const algorithm of ALGORITHMS) {
    const { privateKey: jwk, publicKey } = await generateIdentityKey(algorithm);
    t.equal(publicKey.alg, algorithm);
    const keyObject = createPrivateKey({ format: "jwk", key: jwk });
    const cryptoKey = await webcrypto.subtle.importKey(
      "pkcs8",
      keyObject.export({ format: "der", type: "pkcs8" }),
      WEB_ALGORITHMS[algorithm],
      false,
      ["sign"],
    );
    const { alg, ...bare } = jwk;
    t.equal(alg, algorithm);
    const accept = ["idSignature", "accessToken"];
    await restrict({ grant: { identity: { accept, keys: [{ version: "v.1", jwk: publicKey }] } } });
    const forms = { jwk, bare, keyObject, cryptoKey, described: { ...jwk, use: "sig", key_ops: ["sign"] } };
    for (const [form, privateKey] of Object.entries(forms)) {
      const said = {
        privateKey: privateKey as IdentityPrivateKey,
        ...{ keyVersion: "v.1", keySlotId: stage.slotId, appId, subject: "użytkownik" },
      };
      const idSignature = await signIdentity(said);
      const { accessToken } = await retrieveAccessToken(said);
      t.equal(await call({ idSignature, accessToken }), null, `${algorithm}, ${form}`);
      const other = await signIdentity({ ...said, appId: "other" });
      t.equal(await call({ idSignature: other }), "403 Identity not accepted");
    }
  }
});

const WEB_ALGORITHMS = {
  RS256: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  ES256: { name: "ECDSA", namedCurve: "P-256" },
  EdDSA: { name: "Ed25519" },
} as const;

void t.test("an access token holds calls to what it was retrieved for", async (t) => {
  const { stage, restrict, call, appId } = await setIdentityStage(t);
  const { privateKey, publicKey } = await generateIdentityKey();
  await restrict({
    grant: { identity: { accept: ["accessToken"], keys: [{ version: "1", jwk: publicKey }] } },
  });
  const { accessToken, expiresAt } = await retrieveAccessToken({
    ...{ privateKey, keyVersion: "1", keySlotId: stage.slotId, appId, subject: "user-1", expiresIn: 60 },
    ...{ origins: ["https://app.example.com"], paths: ["/v1/models"], methods: ["GET"] },
  });
  const origin = "https://app.example.com";
  t.equal(await call({ accessToken }, {}, origin), null);
  t.equal(await call({ accessToken }, {}, "https://evil.example"), "403 Access token not for this origin");
  t.equal(await call({ accessToken }, { targetPath: "/v1" }, origin), "403 Access token not for this path");
  t.equal(await call({ accessToken }, { method: "HEAD" }, origin), "403 Access token not for this method");
  const [header, payload] = accessToken.split(".").map((part) => Buffer.from(part, "base64url").toString());
  t.same(JSON.parse(header ?? ""), { alg: "EdDSA", typ: "vaultproof-access+jwt", kid: "1" });
  const claims = JSON.parse(payload ?? "") as { iat: number; exp: number };
  t.equal(claims.exp, expiresAt);
  t.equal(claims.exp - claims.iat, 60);
});

void t.test("how long it holds", async (t) => {
  const said = await statement();
  const lifetimeOf = async (expiresIn?: number): Promise<number> => {
    const { accessToken } = await retrieveAccessToken({ ...said, expiresIn });
    const claims = Buffer.from(accessToken.split(".")[1] ?? "", "base64url").toString();
    const { iat, exp } = JSON.parse(claims) as { iat: number; exp: number };
    return exp - iat;
  };
  t.equal(await lifetimeOf(), 300);
  t.equal(await lifetimeOf(3600), 3600);
  t.equal(await lifetimeOf(1), 1);
  for (const expiresIn of [0, -1, 1.5, 3601, Number.NaN, Infinity, "60" as unknown as number]) {
    await t.rejects(retrieveAccessToken({ ...said, expiresIn }), INVALID, String(expiresIn));
  }
  t.match(await signIdentity({ ...said, expiresIn: 86_400 }), /^v1\.1\.\d+\./);
  await t.rejects(signIdentity({ ...said, expiresIn: 86_401 }), INVALID);
});

void t.test("mistakes are named, and a key is never repeated", async (t) => {
  const said = await statement();
  const wrong: Record<string, Partial<Record<keyof AccessTokenRequest, unknown>>> = {
    keyVersion: { keyVersion: "a b" },
    keySlotId: { keySlotId: "x" },
    appId: { appId: "" },
    subject: { subject: "" },
    "subject is": { subject: "a\nb" },
    "subject is 1": { subject: 42 },
    origins: { origins: ["https://app.example.com/"] },
    "origins:": { origins: ["https://APP.example.com"] },
    "origins: each": { origins: ["*"] },
    "origins: each is": { origins: ["null"] },
    "origins: ": { origins: [] },
    paths: { paths: ["v1"] },
    methods: { methods: ["get"] },
  };
  for (const [message, members] of Object.entries(wrong)) {
    const error = { ...INVALID, message: new RegExp(message) };
    await t.rejects(retrieveAccessToken({ ...said, ...members } as AccessTokenRequest), error, message);
  }
  const { publicKey, privateKey: keyObject } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { privateKey } = said as { privateKey: { d: string } };
  const pss = await webcrypto.subtle.generateKey(
    { name: "RSA-PSS", hash: "SHA-256", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
    true,
    ["sign", "verify"],
  );
  const secret = keyObject.export({ format: "jwk" }).d ?? "";
  for (const key of [
    undefined,
    null,
    "-----BEGIN PRIVATE KEY-----",
    {},
    publicKey,
    publicKey.export({ format: "jwk" }),
    generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey,
    generateKeyPairSync("x25519").privateKey,
    pss.privateKey,
    { ...keyObject.export({ format: "jwk" }), crv: "P-384" },
    { ...keyObject.export({ format: "jwk" }), x: "AAAA" },
    { kty: "oct", k: secret, d: secret },
  ]) {
    for (const sign of [signIdentity, retrieveAccessToken]) {
      const error: unknown = await sign({ ...said, privateKey: key as IdentityPrivateKey }).catch(
        (cause: unknown) => cause,
      );
      t.match(error, { ...INVALID, message: /privateKey/ });
      t.notOk(inspect(error, { depth: 5 }).includes(secret), "nothing of it");
      t.notOk(inspect(error, { depth: 5 }).includes(privateKey.d));
    }
  }
  await t.rejects(generateIdentityKey("HS256" as "RS256"), INVALID);
});

void t.test("generated keys are of their kind and all different", async (t) => {
  const kinds = { RS256: "RSA", ES256: "EC", EdDSA: "OKP" } as const;
  for (const algorithm of ALGORITHMS) {
    const [one, two] = [await generateIdentityKey(algorithm), await generateIdentityKey(algorithm)];
    t.equal(one.publicKey.kty, kinds[algorithm]);
    t.notSame(one.publicKey, two.publicKey);
    for (const member of ["d", "p", "q", "k"]) t.notOk(member in one.publicKey);
    t.type(one.privateKey.d, "string");
  }
  t.equal((await generateIdentityKey()).publicKey.kty, "OKP");
});
