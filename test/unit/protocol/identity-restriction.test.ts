import { generateKeyPairSync, type KeyObject, type webcrypto } from "node:crypto";
import { shapeDetails } from "@vaultproof/protocol/call";
import { identityAlgorithm } from "@vaultproof/protocol/identity-key";
import { identityRestrictionSchema } from "@vaultproof/protocol/identity-restriction";
import t from "tap";

type Members = Record<string, unknown>;

const exported = (key: KeyObject): Members => key.export({ format: "jwk" });
const rsa = (bits: number, exponent = 65_537) =>
  generateKeyPairSync("rsa", { modulusLength: bits, publicExponent: exponent });
const pairs = {
  RSA: rsa(2048),
  EC: generateKeyPairSync("ec", { namedCurve: "P-256" }),
  OKP: generateKeyPairSync("ed25519"),
};
const [RSA, EC, OKP] = [
  exported(pairs.RSA.publicKey),
  exported(pairs.EC.publicKey),
  exported(pairs.OKP.publicKey),
];

function restriction(jwk: unknown, members: Members = {}): Members {
  return { accept: ["idSignature"], keys: [{ version: "1", jwk }], ...members };
}

/** The problems of a restriction as the server tells them; null for none. */
function problems(value: unknown): string | null {
  const parsed = identityRestrictionSchema.safeParse(value);
  return parsed.success ? null : shapeDetails(parsed.error).join("; ");
}

void t.test("public keys of each type, as they are exported", async (t) => {
  for (const jwk of [RSA, EC, OKP]) {
    t.equal(problems(restriction(jwk)), null, String(jwk.kty));
    const described = { ...jwk, use: "sig", key_ops: ["verify"], ext: true, kid: "1" };
    t.equal(problems(restriction(described)), null);
  }
  t.equal(problems(restriction(exported(rsa(4096).publicKey))), null);
  const parsed = identityRestrictionSchema.parse(restriction(EC));
  t.same(parsed.keys[0]?.jwk, EC, "kept as it came");
  t.same(
    (["RSA", "EC", "OKP"] as const).map((kty) => identityAlgorithm({ kty })),
    ["RS256", "ES256", "EdDSA"],
  );
  for (const name of [
    "Ed25519",
    { name: "ECDSA", namedCurve: "P-256" },
    {
      ...{ name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength: 2048 },
      publicExponent: new Uint8Array([1, 0, 1]),
    },
  ]) {
    const pair = (await crypto.subtle.generateKey(name, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
    t.equal(problems(restriction(await crypto.subtle.exportKey("jwk", pair.publicKey))), null, "WebCrypto");
  }
});

void t.test("a private key is refused, and nothing of it is repeated", (t) => {
  for (const { privateKey } of Object.values(pairs)) {
    const jwk = exported(privateKey);
    const told = problems(restriction(jwk)) ?? "";
    t.match(told, /keys\.0\.jwk: a private or symmetric key; give the public half alone/);
    for (const member of ["d", "p", "q", "dp", "dq", "qi"]) {
      const value = jwk[member];
      if (typeof value !== "string") continue;
      t.notOk(told.includes(value.slice(0, 16)), member);
      const { d, p, q, dp, dq, qi, ...publicHalf } = jwk;
      t.not(
        [d, p, q, dp, dq, qi].every((part) => part === undefined),
        true,
      );
      t.match(problems(restriction({ ...publicHalf, [member]: value })), /private/, `${member} alone`);
    }
  }
  t.match(problems(restriction({ kty: "oct", k: "AAAA" })), /private or symmetric/);
  t.match(problems(restriction({ ...OKP, d: null })), /private/);
  t.match(problems(restriction({ ...RSA, oth: [] })), /private/);
  t.end();
});

void t.test("keys that are not taken", (t) => {
  const { x } = EC;
  const cases: Record<string, unknown> = {
    "RSA of 1024 bits": exported(rsa(1024).publicKey),
    "RSA of 2040 bits": { ...RSA, n: Buffer.alloc(255, 255).toString("base64url") },
    "RSA of 2047 bits": { ...RSA, n: bytesOf(127, 255) },
    "RSA of 4104 bits": { ...RSA, n: Buffer.alloc(513, 255).toString("base64url") },
    "RSA with a zero before it": { ...RSA, n: bytesOf(0, 256) },
    "an even modulus": { ...RSA, n: Buffer.alloc(256, 254).toString("base64url") },
    "an exponent of 3": exported(rsa(2048, 3).publicKey),
    "another spelling of 65537": { ...RSA, e: "AAEAAQ" },
    "RSA for RS512": { ...RSA, alg: "RS512" },
    "RSA for PSS": { ...RSA, alg: "PS256" },
    "RSA for HS256": { ...RSA, alg: "HS256" },
    "RSA for none": { ...RSA, alg: "none" },
    "P-384": exported(generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey),
    secp256k1: exported(generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey),
    "P-256 for RS256": { ...EC, alg: "RS256" },
    "P-256 without y": { ...EC, y: undefined },
    "a short coordinate": { ...EC, x: Buffer.alloc(31, 1).toString("base64url") },
    "a padded coordinate": { ...EC, x: `${String(x)}=` },
    Ed448: exported(generateKeyPairSync("ed448").publicKey),
    X25519: exported(generateKeyPairSync("x25519").publicKey),
    "Ed25519 for ES256": { ...OKP, alg: "ES256" },
    "the neutral point": { ...OKP, x: bytesOf(1, 31, 0) },
    "a point of order 2": { ...OKP, x: bytesOf(236, 30, 255, 127) },
    "no point": { ...OKP, x: bytesOf(2, 31, 0) },
    "a key for encryption": { ...OKP, use: "enc" },
    "a key that signs": { ...OKP, key_ops: ["sign", "verify"] },
    "another kid": { ...OKP, kid: "2" },
    "an unknown member": { ...OKP, x5u: "https://evil.example" },
    "no type": { ...OKP, kty: undefined },
    "a type that is no text": { ...OKP, kty: ["OKP"] },
    PEM: pairs.RSA.publicKey.export({ format: "pem", type: "spki" }),
    nothing: undefined,
    null: null,
    "a list": [OKP],
  };
  for (const [name, jwk] of Object.entries(cases)) {
    const told = problems(restriction(jwk));
    t.match(told, /^keys\.0/, `${name}: ${String(told)}`);
  }
  t.end();
});

void t.test("what else an identity restriction may hold", (t) => {
  const named = { accept: ["identityToken"], issuer: "https://login.example.com", audience: "me" };
  t.equal(problems(restriction(OKP, { perMinute: 1, perDay: 2, perMonth: 3 })), null);
  t.equal(problems(restriction(OKP, named)), null);
  t.equal(problems(restriction(OKP, { accept: ["idSignature", "accessToken"] })), null);
  const eight = Array.from({ length: 9 }, (_, i) => ({ version: `v.${i}_-`, jwk: OKP }));
  t.equal(problems({ accept: ["idSignature"], keys: eight.slice(1) }), null);
  const cases: Record<string, [unknown, RegExp]> = {
    "nine keys": [restriction(OKP, { keys: eight }), /^keys/],
    "no key": [restriction(OKP, { keys: [] }), /^keys/],
    "a version twice": [restriction(OKP, { keys: [eight[0], eight[0]] }), /named twice/],
    "a version with a space": [restriction(OKP, { keys: [{ version: "a b", jwk: OKP }] }), /key version/],
    "no version": [restriction(OKP, { keys: [{ jwk: OKP }] }), /version/],
    "nothing accepted": [restriction(OKP, { accept: [] }), /^accept/],
    "a kind twice": [restriction(OKP, { accept: ["idSignature", "idSignature"] }), /named twice/],
    "an unknown kind": [restriction(OKP, { accept: ["password"] }), /^accept/],
    "no issuer": [restriction(OKP, { ...named, issuer: undefined }), /issuer: required/],
    "no audience": [restriction(OKP, { ...named, audience: undefined }), /audience: required/],
    "an empty issuer": [restriction(OKP, { ...named, issuer: "" }), /issuer/],
    "an issuer for nothing": [restriction(OKP, { issuer: "x" }), /identityToken only/],
    "a JWKS URL": [restriction(OKP, { jwksUri: "https://login.example.com/jwks" }), /jwksUri/],
    "a cap of none": [restriction(OKP, { perDay: 0 }), /perDay/],
    null: [null, /object/],
  };
  for (const [name, [value, told]] of Object.entries(cases)) t.match(problems(value), told, name);
  t.end();
});

/** base64url of a byte, then `count` bytes of another, then perhaps a last one. */
function bytesOf(first: number, count: number, filling = 255, last?: number): string {
  const end = last === undefined ? [] : [last];
  return Buffer.from([first, ...new Array<number>(count).fill(filling), ...end]).toString("base64url");
}
