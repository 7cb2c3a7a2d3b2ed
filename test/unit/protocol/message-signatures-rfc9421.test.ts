import { createHmac, createPrivateKey, createPublicKey, sign, timingSafeEqual, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import t from "tap";
import {
  type SignatureParameters,
  type SignedRequest,
  readSignature,
  signMessage,
} from "@vaultproof/protocol/message-signatures";

interface Vector {
  readonly label: string;
  readonly components: readonly string[];
  readonly parameters: SignatureParameters;
  readonly base: string;
  readonly signatureInput: string;
  readonly signature: string;
}

interface Vectors {
  readonly request: Omit<SignedRequest, "header"> & { readonly headers: Record<string, string> };
  readonly hmacSha256: Vector & { readonly secretBase64: string };
  readonly ed25519: Vector & { readonly privateKeyPkcs8Base64: string; readonly publicKeySpkiBase64: string };
}

const vectors = JSON.parse(
  readFileSync(new URL("../../../vectors/rfc9421.json", import.meta.url), "utf8"),
) as Vectors;

function testRequest(extra: Record<string, string> = {}): SignedRequest {
  const { headers, ...request } = vectors.request;
  const fields: Record<string, string> = { ...headers, ...extra };
  return { ...request, header: (name) => fields[name] };
}

function signed(vector: Vector, change: Record<string, string> = {}): SignedRequest {
  return testRequest({ "signature-input": vector.signatureInput, signature: vector.signature, ...change });
}

void t.test("appendix B.2.5: hmac-sha256", async (t) => {
  const vector = vectors.hmacSha256;
  const mac = (base: Uint8Array) =>
    createHmac("sha256", Buffer.from(vector.secretBase64, "base64")).update(base).digest();

  const made = await signMessage({ message: testRequest(), ...vector, sign: mac });
  t.equal(made.signatureInput, vector.signatureInput);
  t.equal(made.signature, vector.signature);

  const found = readSignature(signed(vector), vector.label);
  if (found === null) throw new Error("the RFC's own signature was not found");
  t.equal(Buffer.from(found.base).toString(), vector.base);
  t.same(found.parameters, vector.parameters);
  t.ok(timingSafeEqual(mac(found.base), found.signature));

  const altered = readSignature(signed(vector, { "content-type": "text/plain" }), vector.label);
  if (altered === null) throw new Error("an altered message still has a readable signature");
  t.notOk(
    timingSafeEqual(mac(altered.base), altered.signature),
    "a changed covered field no longer verifies",
  );
});

void t.test("appendix B.2.6: ed25519", async (t) => {
  const vector = vectors.ed25519;
  const der = (base64: string) => Buffer.from(base64, "base64");
  const privateKey = createPrivateKey({
    key: der(vector.privateKeyPkcs8Base64),
    format: "der",
    type: "pkcs8",
  });
  const publicKey = createPublicKey({ key: der(vector.publicKeySpkiBase64), format: "der", type: "spki" });

  const made = await signMessage({
    message: testRequest(),
    ...vector,
    sign: (base) => sign(null, base, privateKey),
  });
  t.equal(made.signatureInput, vector.signatureInput);
  t.equal(made.signature, vector.signature);

  const found = readSignature(signed(vector), vector.label);
  if (found === null) throw new Error("the RFC's own signature was not found");
  t.equal(Buffer.from(found.base).toString(), vector.base);
  t.ok(verify(null, found.base, publicKey, found.signature));

  const altered = readSignature({ ...signed(vector), path: "/bar" }, vector.label);
  if (altered === null) throw new Error("an altered message still has a readable signature");
  t.notOk(verify(null, altered.base, publicKey, altered.signature), "another path no longer verifies");
});
