import { createPublicKey, verify } from "node:crypto";
import { formatIdSignature, idSignatureMessage, parseIdSignature } from "@vaultproof/protocol/id-signature";
import t from "tap";
import { bytes, hex, readVectors } from "../../helpers/vectors.js";

const { keySlotId, accepted, refused } = readVectors("id-signatures.json");

void t.test("id signatures as the independent implementation writes them", (t) => {
  for (const { algorithm, jwk, message, signature, text, ...said } of accepted) {
    const { appId, subject, expiresAt, keyVersion } = said;
    t.equal(hex(idSignatureMessage({ keySlotId, ...said })), message, algorithm);
    const parsed = { subject, expiresAt, keyVersion, signature: bytes(signature) };
    t.same(parseIdSignature(text), parsed, algorithm);
    t.equal(formatIdSignature(parsed), text, algorithm);
    const key = createPublicKey({ format: "jwk", key: jwk });
    const hash = algorithm === "EdDSA" ? null : "sha256";
    const options = { key, dsaEncoding: "ieee-p1363" as const };
    t.ok(verify(hash, bytes(message), options, bytes(signature)), `${algorithm}: the signature holds`);
    t.not(hex(idSignatureMessage({ keySlotId, ...said, appId: `${appId}x` })), message);
  }
  t.end();
});

void t.test("texts that are no id signature", (t) => {
  for (const { text, why } of refused) t.equal(parseIdSignature(text), null, why);
  t.equal(parseIdSignature(`v1.1.1790000000.dXNlcg.${"A".repeat(16_000)}`), null, "huge");
  t.end();
});

void t.test("what has no bytes is not signed", (t) => {
  const said = { keySlotId, appId: "a", subject: "b", expiresAt: 1, keyVersion: "1" };
  t.throws(() => idSignatureMessage({ ...said, expiresAt: -1 }), RangeError);
  t.throws(() => idSignatureMessage({ ...said, expiresAt: 1.5 }), RangeError);
  t.throws(() => idSignatureMessage({ ...said, subject: "\ud800" }), RangeError);
  t.end();
});
