import { createHash, createPublicKey, verify } from "node:crypto";
import t from "tap";
import { wellKnownSchema, wellKnownSigningInput } from "@vaultproof/protocol/well-known";
import { openAnyDatabase } from "../../helpers/any-database.js";
import {
  makeEdge,
  makeDeveloper,
  plainRequest,
  signAsDeveloper,
  signAsEdge,
} from "../../helpers/signed-requests.js";
import { findReferenceString, noReferenceString } from "../../helpers/reference-string.js";
import { makeStoreRequest } from "../../helpers/store-request.js";
import { openTestApp } from "../../helpers/test-app.js";

const db = await openAnyDatabase(t);

await t.test("without an edge's signature every path answers the same", async (t) => {
  const server = await openTestApp(t, db);
  const developer = makeDeveloper();
  for (const [method, url] of [
    ["GET", "/"],
    ["GET", "/internal/health"],
    ["GET", "/.well-known/vaultproof"],
    ["GET", "/.well-known/vaultproof/crs/g1"],
    ["GET", "/no/such/path"],
    ["GET", "/%zz"],
    ["DELETE", "/api/v1/keys/list"],
    ["POST", "/api/v1/developers"],
    ["POST", "/api/v1/proxy/call"],
  ] as const) {
    const plain = plainRequest(method, url, method === "POST" ? { body: { a: 1 } } : {});
    const signed = await signAsDeveloper(plain, { developer, server: server.identity.fingerprint });
    for (const request of [plain, signed, await signAsEdge(plain, { edge: makeEdge() })]) {
      const answer = await server.send(request);
      t.equal(answer.status, 403, url);
      t.equal(answer.body.toString(), '{"error":"Forbidden"}', url);
      t.equal(answer.headers["vp-source"], "vaultproof", url);
    }
  }
});

await t.test("with one, unknown paths and methods are 404 in the documented form", async (t) => {
  const server = await openTestApp(t, db);
  for (const [method, url] of [
    ["GET", "/no/such/path"],
    ["DELETE", "/api/v1/keys/list"],
    ["HEAD", "/.well-known/vaultproof"],
    ["GET", `/api/v1/keys/${"a".repeat(300)}/path`],
  ] as const) {
    const answer = await server.sendThroughEdge(plainRequest(method, url));
    t.equal(answer.status, 404, url);
    if (method !== "HEAD") t.same(answer.json, { error: "Not found" }, url);
    t.equal(answer.headers["vp-source"], "vaultproof", url);
  }
  t.match(await server.sendThroughEdge(plainRequest("GET", "/internal/health")), {
    status: 200,
    json: { status: "ok" },
  });
});

await t.test("an unexpected error says its request id and nothing else", async (t) => {
  const failing = { ...db, query: () => Promise.reject(new Error("canary in the cause")) };
  const server = await openTestApp(t, db, { overrides: { db: failing } });
  const developer = makeDeveloper();
  const request = await signAsDeveloper(plainRequest("GET", "/api/v1/keys/list"), {
    developer,
    server: server.identity.fingerprint,
  });
  const answer = await server.sendThroughEdge(request);
  t.equal(answer.status, 500);
  t.match(answer.json, { error: "Internal error", requestId: String });
  t.same(Object.keys(answer.json as object), ["error", "requestId"]);
  const { requestId } = answer.json as { requestId: string };
  const line = server.log.find((line) => line.includes("canary in the cause"));
  t.match(line, requestId, "the operator finds the cause by it");
});

await t.test("the document about the server", async (t) => {
  let now = Math.floor(Date.now() / 1000);
  const server = await openTestApp(t, db, { overrides: { clock: () => now } });
  const fetchDocument = async () => {
    const request = await signAsEdge(plainRequest("GET", "/.well-known/vaultproof"), {
      edge: server.edge,
      parameters: { created: now },
    });
    const answer = await server.send(request);
    t.equal(answer.status, 200);
    return { text: answer.body.toString(), document: wellKnownSchema.parse(answer.json) };
  };
  const isSigned = (document: Record<string, unknown> & { signature: string; identity: string }) => {
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: document.identity }, format: "jwk" });
    return verify(null, wellKnownSigningInput(document), key, Buffer.from(document.signature, "base64"));
  };
  const first = await fetchDocument();
  const { document } = first;
  t.equal(document.identity, Buffer.from(server.identity.publicKey).toString("base64url"));
  t.equal(document.storageKey, Buffer.from(server.storageKeys.current.publicKey).toString("base64url"));
  t.ok(isSigned(document));
  t.notOk(isSigned({ ...document, storageKey: document.identity }), "a key of an edge's own is noticed");
  t.ok(document.notAfter > now + 1000 && document.notAfter <= (document.transportKeys[0]?.notAfter ?? 0));
  t.equal((await fetchDocument()).text, first.text, "signed once");
  now = document.notAfter - 60;
  const later = await fetchDocument();
  t.ok(later.document.notAfter > document.notAfter, "and anew before it ends");
  t.ok(isSigned(later.document));
});

await t.test(
  "the reference string is served to be kept",
  { skip: !findReferenceString() && noReferenceString },
  async (t) => {
    const server = await openTestApp(t, db);
    const { json } = await server.sendThroughEdge(plainRequest("GET", "/.well-known/vaultproof"));
    const { crs } = wellKnownSchema.parse(json);
    for (const part of ["g1", "g2"] as const) {
      const url = `/.well-known/vaultproof/crs/${part}`;
      const answer = await server.sendThroughEdge(plainRequest("GET", url));
      t.equal(createHash("sha256").update(answer.body).digest("hex"), crs[part]);
      t.match(answer.headers, { etag: `"${crs[part]}"`, "cache-control": /immutable/ });
      const headers = { "if-none-match": `"${crs[part]}"` };
      t.match(await server.sendThroughEdge(plainRequest("GET", url, { headers })), {
        status: 304,
        body: Buffer.alloc(0),
      });
    }
  },
);

await t.test("a server without the reference string says so", async (t) => {
  const server = await openTestApp(t, db, { overrides: { referenceString: undefined } });
  const answer = await server.sendThroughEdge(plainRequest("GET", "/.well-known/vaultproof/crs/g1"));
  t.match(answer, { status: 404, json: { error: "Not found", reason: /CRS_PATH/ } });
});

await t.test("a server that stops sends newcomers away", async (t) => {
  let isStopping = false;
  const server = await openTestApp(t, db, { overrides: { isStopping: () => isStopping } });
  const url = await server.app.listen({ host: "127.0.0.1", port: 0 });
  const ask = async (): Promise<Response> => {
    const { headers } = await signAsEdge(plainRequest("GET", "/internal/health"), { edge: server.edge });
    return await fetch(`${url}/internal/health`, { headers });
  };
  t.equal((await ask()).status, 200);
  isStopping = true;
  const answer = await ask();
  t.equal(answer.status, 503);
  t.same(await answer.json(), { error: "Service shutting down" });
  t.equal(answer.headers.get("vp-source"), "vaultproof");
  t.equal(answer.headers.get("retry-after"), "1");
});

await t.test("the log tells of requests, at any level without what they carry", async (t) => {
  const server = await openTestApp(t, db);
  const developer = await server.registered();
  const storageKey = server.storageKeys.current.publicKey;
  const label = "canary-label";
  const store = await makeStoreRequest({ developer, storageKey, members: { label } });
  await server.manage(developer, "POST", "/api/v1/keys/store", store);
  await server.manage(developer, "POST", "/api/v1/keys/store", { ...store, label: 5 });
  const { leaf = "" } = store.apps[0] ?? {};
  await server.sendThroughEdge(plainRequest("GET", `/api/v1/keys/${store.keySlotId}/path?leaf=${leaf}`));
  const body = { share2: "canary-share", zkProof: "canary-proof", nullifier: "n" };
  await server.sendThroughEdge(
    plainRequest("POST", "/api/v1/proxy/call", { body, headers: { cookie: "canary-cookie" } }),
  );
  const log = server.log.join("\n");
  t.match(log, /"method":"POST","path":"\/api\/v1\/keys\/store","status":201,"latencyMs":/);
  for (const canary of [
    "canary",
    leaf,
    store.share1_encrypted.slice(2, 60),
    store.vaultCommitment,
    "signature-input",
  ]) {
    t.notMatch(log, canary);
  }
  t.notMatch(log, Buffer.from(server.edge.secret).toString("base64"));
});
