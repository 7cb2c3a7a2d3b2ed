import { createHash } from "node:crypto";
import t from "tap";
import { canonicalJson } from "@vaultproof/protocol/canonical-json";
import { fieldToHex } from "@vaultproof/protocol/field";
import { BODY_FORM, requestHash, SHARE_FORM, type RequestToHash } from "@vaultproof/protocol/request-hash";
import { readVectors } from "../../helpers/vectors.js";
import type { VectorCall } from "../../vectors/independent/call-vectors.js";

const vectors = readVectors("requests.json");
const sha256 = (data: Uint8Array | string): Uint8Array => createHash("sha256").update(data).digest();

function toHash(call: VectorCall): RequestToHash {
  const { keySlotId, appId, method, targetPath, expiresAt } = call;
  let bodyForm: RequestToHash["bodyForm"] = BODY_FORM.none;
  let body: Uint8Array = new Uint8Array(0);
  if (call.bodyBase64 !== undefined) {
    bodyForm = BODY_FORM.base64;
    body = Buffer.from(call.bodyBase64, "base64");
  } else if ("body" in call) {
    bodyForm = BODY_FORM.json;
    body = canonicalJson(call.body);
  }
  return {
    keySlotId,
    appId,
    method,
    targetPath,
    expiresAt,
    shareForm: call.share2_encrypted === undefined ? SHARE_FORM.clear : SHARE_FORM.sealed,
    shareDigest: sha256(call.share2_encrypted ?? call.share2 ?? ""),
    headersDigest: sha256(canonicalJson(call.headers ?? {})),
    bodyForm,
    bodyDigest: sha256(body),
    authDigest: sha256(call.auth === undefined ? "" : canonicalJson(call.auth)),
  };
}

void t.test("request hashes are those of the vectors", (t) => {
  for (const { name, call, requestHash: expected } of vectors) {
    t.equal(fieldToHex(requestHash(toHash(call))), expected, name);
  }
  t.end();
});

void t.test("each altered member makes another hash", (t) => {
  const hashes = vectors.map(({ requestHash: hash }) => hash);
  const named = (name: string) => vectors.find((vector) => vector.name === name)?.requestHash;
  // Absent headers read as {}; that pair agrees and no other.
  t.equal(named("no headers"), named("empty headers"));
  t.equal(new Set(hashes).size, hashes.length - 1);
  t.end();
});

void t.test("each member that is hashed makes a difference", (t) => {
  const first = vectors[0];
  if (first === undefined) throw new Error("the vectors hold requests");
  const request = toHash(first.call);
  const other = new Uint8Array(32).fill(1);
  const altered: Partial<RequestToHash>[] = [
    { keySlotId: "x" },
    { appId: "x" },
    { method: "GET" },
    { targetPath: "/" },
    { expiresAt: 0 },
    { shareForm: SHARE_FORM.clear },
    { shareDigest: other },
    { headersDigest: other },
    { bodyForm: BODY_FORM.json },
    { bodyForm: BODY_FORM.none },
    { bodyDigest: other },
    { authDigest: other },
  ];
  t.strictSame(new Set(altered.flatMap(Object.keys)), new Set(Object.keys(request)), "no member is left out");
  const hashes = altered.map((member) => requestHash({ ...request, ...member }));
  t.equal(new Set([...hashes, requestHash(request)]).size, altered.length + 1);
  t.end();
});
