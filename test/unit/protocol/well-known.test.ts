import t from "tap";
import { verifyEd25519 } from "@vaultproof/protocol/developer-key";
import { keyFingerprint } from "@vaultproof/protocol/developer-signature";
import { fromBase64, fromBase64Url } from "@vaultproof/protocol/encoding";
import { wellKnownSchema, wellKnownSigningInput } from "@vaultproof/protocol/well-known";
import { hex, readVectors } from "../../helpers/vectors.js";

const { document, signingInput, fingerprint } = readVectors("well-known.json");

void t.test("the signed bytes and the fingerprint are those of the vectors", (t) => {
  const identity = fromBase64Url(document.identity);
  t.equal(hex(wellKnownSigningInput(document)), signingInput);
  t.equal(keyFingerprint(identity), fingerprint);
  t.ok(verifyEd25519(identity, wellKnownSigningInput(document), fromBase64(document.signature)));
  t.end();
});

void t.test("every member is signed, those of later versions too, and in any order", (t) => {
  const reversed = Object.fromEntries(Object.entries(document).reverse());
  t.equal(hex(wellKnownSigningInput(reversed)), signingInput);
  t.equal(hex(wellKnownSigningInput({ ...document, signature: "another" })), signingInput);
  for (const name of Object.keys(document)) {
    if (name === "signature") continue;
    t.not(hex(wellKnownSigningInput({ ...document, [name]: "altered" })), signingInput, name);
  }
  const poisoned = JSON.parse(`{"__proto__":{"a":1},${JSON.stringify(document).slice(1)}`) as typeof document;
  t.not(hex(wellKnownSigningInput(poisoned)), signingInput, "__proto__ is a member like any other");
  t.end();
});

void t.test("the document's shape: each known member is needed, others are let through", (t) => {
  t.ok(wellKnownSchema.safeParse(document).success);
  for (const name of ["identity", "storageKey", "transportKeys", "circuit", "crs", "notAfter", "signature"]) {
    t.notOk(wellKnownSchema.safeParse({ ...document, [name]: undefined }).success, `without ${name}`);
    t.notOk(wellKnownSchema.safeParse({ ...document, [name]: null }).success, `${name} null`);
  }
  for (const altered of [
    { identity: `${document.identity}A` },
    { storageKey: "short" },
    { transportKeys: [] },
    { transportKeys: [{ publicKey: document.storageKey, notAfter: 1.5 }] },
    { notAfter: "1790003600" },
  ]) {
    t.notOk(wellKnownSchema.safeParse({ ...document, ...altered }).success, Object.keys(altered).join());
  }
  t.end();
});
