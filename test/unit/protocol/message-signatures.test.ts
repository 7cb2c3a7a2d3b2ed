import { createHash, createHmac } from "node:crypto";
import t from "tap";
import {
  SignatureBaseError,
  type SignedMessage,
  type SignedRequest,
  type SignedResponse,
  contentDigest,
  keepMember,
  mergeMember,
  readContentDigest,
  readSignature,
  signMessage,
  signatureBase,
} from "@vaultproof/protocol/message-signatures";
import {
  ANSWER_SIGNATURE,
  DEVELOPER_SIGNATURE,
  keyFingerprint,
} from "@vaultproof/protocol/developer-signature";
import { EDGE_SIGNATURE, edgeComponents } from "@vaultproof/protocol/edge-signature";

const SIGNATURE = ":AAAA:";

function request(headers: Record<string, string> = {}, change: Partial<SignedRequest> = {}): SignedRequest {
  return { method: "GET", path: "/a", query: "?", header: (name) => headers[name], ...change };
}

function input(value: string, signature = SIGNATURE): SignedRequest {
  return request({ "signature-input": `s=${value}`, signature: `s=${signature}`, x: "1" });
}

function baseFailure(message: SignedMessage, components: Parameters<typeof signatureBase>[1]): string {
  try {
    signatureBase(message, components, "()");
    return "no error";
  } catch (error) {
    return error instanceof SignatureBaseError ? error.code : String(error);
  }
}

void t.test("derived components and fields", (t) => {
  const message = request(
    { "x-list": "  a, b\t", dict: "a=1,  b=(1 2);c" },
    { authority: "example.com", path: "" },
  );
  t.equal(
    signatureBase(
      message,
      ["@method", "@path", "@query", "@authority", "x-list", { name: "dict", key: "b" }],
      "()",
    ),
    [
      '"@method": GET',
      '"@path": /',
      '"@query": ?',
      '"@authority": example.com',
      '"x-list": a, b',
      '"dict";key="b": (1 2);c',
      '"@signature-params": ()',
    ].join("\n"),
  );
  t.end();
});

void t.test("an answer covers its status and the request's own signature", async (t) => {
  const asked = request({ signature: "vp-edge=:AQ==:, vp-developer=:Ag==:" });
  const message: SignedResponse = { status: 201, header: () => "sha-256=:AA==:", request: asked };
  const { components, label } = ANSWER_SIGNATURE;
  let signedText = "";
  await signMessage({
    message,
    label,
    components,
    parameters: { created: 1, tag: ANSWER_SIGNATURE.tag },
    sign: (bytes) => {
      signedText = Buffer.from(bytes).toString();
      return new Uint8Array(64);
    },
  });
  t.equal(
    signedText,
    '"@status": 201\n"content-digest": sha-256=:AA==:\n"signature";req;key="vp-developer": :Ag==:\n' +
      '"@signature-params": ("@status" "content-digest" "signature";req;key="vp-developer");created=1;tag="vaultproof-answer"',
  );
  t.equal(baseFailure({ ...message, request: request() }, components), "missing-component");
});

void t.test("what cannot be signed is an error", (t) => {
  t.equal(baseFailure(request(), ["x-absent"]), "missing-component");
  t.equal(baseFailure(request(), ["@authority"]), "missing-component");
  t.equal(baseFailure(request(), ["@method", "@method"]), "repeated-component");
  t.equal(
    baseFailure(request({ x: 'a\n"@path": /b' }), ["x"]),
    "unsafe-value",
    "a line break would forge a line",
  );
  t.equal(baseFailure(request({ x: "é" }), ["x"]), "unsafe-value");
  t.equal(baseFailure(request(), ["@target-uri"]), "unsupported-component");
  t.equal(baseFailure(request(), ["@status"]), "unsupported-component", "a request has no status");
  t.equal(baseFailure(request({ x: "1" }), ["X"]), "unsupported-component", "names are lowercase");
  t.equal(baseFailure(request({ x: "1" }), [{ name: "x", req: true }]), "unsupported-component");
  t.equal(
    baseFailure(request({ x: "a=1, a=2" }), [{ name: "x", key: "a" }]),
    "missing-component",
    "ambiguous member",
  );
  t.end();
});

void t.test("reads a signature with its parameters", (t) => {
  const found = readSignature(
    input('("@method" "x");created=5;expires=9;nonce="n";keyid="k";alg="hmac-sha256";tag="t"', ":AQID:"),
    "s",
  );
  t.same(found?.components, ['"@method"', '"x"']);
  t.same(found?.parameters, { created: 5, expires: 9, nonce: "n", keyid: "k", alg: "hmac-sha256", tag: "t" });
  t.same(found?.signature, new Uint8Array([1, 2, 3]));
  t.end();
});

void t.test("refuses what is malformed, ambiguous or unknown", (t) => {
  const good = '("x");created=5';
  t.ok(readSignature(input(good), "s"), "the well-formed one is read");
  const refused: Record<string, SignedRequest> = {
    "no header at all": request(),
    "no signature": request({ "signature-input": `s=${good}`, x: "1" }),
    "no input": request({ signature: `s=${SIGNATURE}`, x: "1" }),
    "another label": request({ "signature-input": `o=${good}`, signature: `s=${SIGNATURE}`, x: "1" }),
    "label twice in the input": request({
      "signature-input": `s=${good}, s=${good}`,
      signature: `s=${SIGNATURE}`,
      x: "1",
    }),
    "label twice in the signature": request({
      "signature-input": `s=${good}`,
      signature: "s=:AA==:,s=:AA==:",
      x: "1",
    }),
    "signature not bytes": input(good, '"AA=="'),
    "signature a list": input(good, "(:AA==:)"),
    "bad base64": input(good, ":A:"),
    "input not a list": input("1;created=5"),
    "component not a string": input("(x);created=5"),
    "component absent": input('("y");created=5'),
    "component repeated": input('("x" "x");created=5'),
    "component parameter unknown": input('("x";sf);created=5'),
    "component parameter of a wrong type": input('("x";key=1);created=5'),
    "no created": input('("x")'),
    "created a string": input('("x");created="5"'),
    "created a decimal": input('("x");created=5.5'),
    "created a date": input('("x");created=@5'),
    "nonce a number": input('("x");created=5;nonce=1'),
    "keyid a token": input('("x");created=5;keyid=k'),
    "parameter unknown": input('("x");created=5;extra=1'),
    "unclosed list": input('("x"'),
    "trailing comma": input(`${good},`),
    "prototype member": input('("x");created=5;constructor="a"'),
    "not ASCII": input('("x");created=5;keyid="é"'),
  };
  for (const [name, message] of Object.entries(refused)) t.equal(readSignature(message, "s"), null, name);
  t.end();
});

void t.test("a comma inside a string does not hide or invent a member", (t) => {
  const headers = {
    "signature-input": 's=("x");created=5;nonce="a,\\",s=b"',
    signature: `s=${SIGNATURE}`,
    x: "1",
  };
  t.equal(readSignature(request(headers), "s")?.parameters.nonce, 'a,",s=b');
  t.end();
});

void t.test("what is signed can be read back and verified", async (t) => {
  const digestField = contentDigest(createHash("sha256").update("body").digest());
  const headers: Record<string, string> = {
    "content-digest": digestField,
    "vp-client-ip": "::1",
    origin: "https://a.example",
  };
  const message = request(headers, { method: "POST", query: "?a=%2F" });
  const mac = (base: Uint8Array) => createHmac("sha256", "k").update(base).digest();
  const made = await signMessage({
    message,
    label: EDGE_SIGNATURE.label,
    components: edgeComponents(true),
    parameters: {
      created: 10,
      expires: 40,
      nonce: "n",
      keyid: "one",
      alg: "hmac-sha256",
      tag: EDGE_SIGNATURE.tag,
    },
    sign: mac,
  });
  headers["signature-input"] = mergeMember('vp-developer=("@method");created=1', made.signatureInput);
  headers.signature = mergeMember("vp-developer=:AA==:", made.signature);
  const found = readSignature(message, "vp-edge");
  if (found === null) throw new Error("not found");
  t.same(found.components, [
    '"@method"',
    '"@path"',
    '"@query"',
    '"content-digest"',
    '"vp-client-ip"',
    '"origin"',
  ]);
  t.same(Buffer.from(found.signature), mac(found.base));
  t.ok(readSignature(message, "vp-developer"), "the other member is still there");
});

void t.test("content digest", (t) => {
  const empty = createHash("sha256").digest();
  const field = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";
  t.equal(contentDigest(empty), field);
  t.same(readContentDigest(field), new Uint8Array(empty));
  t.same(readContentDigest(`sha-512=:AA==:, ${field}`), new Uint8Array(empty));
  for (const bad of [
    undefined,
    "",
    "sha-256=:AAAA:",
    "sha-256=1",
    `${field},${field}`,
    "sha-512=:AA==:",
    "sha-256=(:AA==:)",
  ]) {
    t.equal(readContentDigest(bad), null, String(bad));
  }
  t.end();
});

void t.test("keeps one member of a dictionary field", (t) => {
  t.equal(keepMember("vp-edge=:AA==:, vp-developer=:AQ==:,x=:AA==:", "vp-developer"), "vp-developer=:AQ==:");
  t.equal(
    keepMember('x=1, vp-developer=("@method"  "vp-server");created=1;tag="t"', "vp-developer"),
    'vp-developer=("@method" "vp-server");created=1;tag="t"',
  );
  for (const gone of [
    undefined,
    "",
    "x=1",
    "vp-developer=:AA==:, vp-developer=:AQ==:",
    "vp-developer=:AA==:, (",
  ]) {
    t.equal(keepMember(gone, "vp-developer"), undefined, String(gone));
  }
  t.equal(mergeMember(undefined, "a=1"), "a=1");
  t.equal(mergeMember("b=1", "a=1"), "b=1, a=1");
  t.end();
});

void t.test("policies", (t) => {
  t.same(edgeComponents(false), ["@method", "@path", "@query", "content-digest", "vp-client-ip"]);
  t.same(DEVELOPER_SIGNATURE.components, ["@method", "@path", "@query", "content-digest", "vp-server"]);
  const key = new Uint8Array(32).fill(7);
  t.equal(keyFingerprint(key), createHash("sha256").update(key).digest("base64url"));
  t.end();
});
