import t, { type Test } from "tap";
import { insertDeveloper } from "@vaultproof/db/queries/insert-developer";
import { DEVELOPER_SIGNATURE } from "@vaultproof/protocol/developer-signature";
import { onAnyDatabase } from "../../helpers/databases.js";
import {
  isSignedAnswer,
  makeDeveloper,
  plainRequest,
  signAsDeveloper,
  type WireRequest,
} from "../../helpers/signed-requests.js";
import { openTestApp } from "../../helpers/test-app.js";

const LIST = plainRequest("GET", "/api/v1/keys/list");
const UNAUTHORIZED = { error: "Unauthorized" };

await onAnyDatabase(t, "a developer's signature", async (t, open) => {
  const server = await openTestApp(t, await open());
  const developer = await server.registered();
  const right = { developer, server: server.identity.fingerprint };
  const now = Math.floor(Date.now() / 1000);

  const refused = async (t: Test, request: WireRequest): Promise<void> => {
    const answer = await server.sendThroughEdge(request);
    t.equal(answer.status, 401);
    t.same(answer.json, UNAUTHORIZED);
    t.notHas(
      answer.headers,
      { "signature-input": String },
      "what nobody signed is not answered with a signature",
    );
    t.equal(answer.headers["vp-source"], "vaultproof");
  };

  await t.test("is accepted when right", async (t) => {
    const answer = await server.sendThroughEdge(await signAsDeveloper(LIST, right));
    t.equal(answer.status, 200);
    t.same(answer.json, { keySlots: [], next: null });
  });

  await t.test("is accepted once", async (t) => {
    const request = await signAsDeveloper(LIST, right);
    t.equal((await server.sendThroughEdge(request)).status, 200);
    await refused(t, request);
  });

  await t.test("is refused when absent or not this developer's", async (t) => {
    await refused(t, LIST);
    await refused(t, await signAsDeveloper(LIST, { ...right, developer: makeDeveloper() }));
    const other = makeDeveloper();
    await refused(
      t,
      await signAsDeveloper(LIST, { ...right, developer: { ...other, keyid: developer.keyid } }),
    );
  });

  await t.test("is refused for another server", async (t) => {
    await refused(t, await signAsDeveloper(LIST, { ...right, server: makeDeveloper().keyid }));
    const signed = await signAsDeveloper(LIST, { ...right, server: makeDeveloper().keyid });
    const headers = { ...signed.headers, "vp-server": server.identity.fingerprint };
    await refused(t, { ...signed, headers });
  });

  await t.test("is refused for another method, path, query or body", async (t) => {
    const revoke = plainRequest("POST", "/api/v1/keys/revoke/a", { body: {} });
    const signed = await signAsDeveloper(revoke, right);
    await refused(t, { ...signed, url: "/api/v1/keys/revoke/b" });
    await refused(t, { ...signed, url: "/api/v1/keys/revoke/a?x" });
    await refused(t, { ...signed, body: Buffer.from("{ }") });
    await refused(t, { ...(await signAsDeveloper(LIST, right)), url: "/api/v1/keys/list?page=2" });
    await refused(t, { ...(await signAsDeveloper({ ...LIST, method: "POST" }, right)), method: "GET" });
  });

  for (const [name, parameters] of Object.entries({
    expired: { created: now - 120 },
    "made in the future": { created: now + 120 },
    "valid for longer than a minute": { created: now, expires: now + 61 },
    "without a life": { created: now, expires: now },
    "of a short nonce": { nonce: "short" },
    "of another tag": { tag: "vaultproof-edge" },
    "of another algorithm": { alg: "hmac-sha256" },
    "of a mistaken key id": { keyid: "not-a-key-id" },
  })) {
    await t.test(`is refused when ${name}`, async (t) => {
      await refused(t, await signAsDeveloper(LIST, { ...right, parameters }));
    });
  }

  await t.test("is refused when it covers less, more, or another order", async (t) => {
    const { components } = DEVELOPER_SIGNATURE;
    for (const wrong of [
      components.slice(0, -1),
      [...components, "vp-client-ip"],
      [...components].reverse(),
    ]) {
      const headers = { ...LIST.headers, "vp-client-ip": "203.0.113.7" };
      await refused(t, await signAsDeveloper({ ...LIST, headers }, { ...right, components: wrong }));
    }
  });

  await t.test("is refused from a developer who was disabled", async (t) => {
    const disabled = await server.registered();
    await server.db.query({
      text: "UPDATE developers SET status = 'disabled' WHERE id = $1",
      values: [disabled.keyid],
    });
    await refused(t, await signAsDeveloper(LIST, { ...right, developer: disabled }));
  });

  await t.test("of a request that no edge signed is not even looked at", async (t) => {
    const request = await signAsDeveloper(LIST, right);
    const answer = await server.send(request);
    t.equal(answer.status, 403);
    t.same(answer.json, { error: "Forbidden" });
    t.equal((await server.sendThroughEdge(request)).status, 200, "its nonce is still unused");
  });
});

await onAnyDatabase(t, "registration", async (t, open) => {
  const db = await open();
  const server = await openTestApp(t, db);
  const publicKeyOf = (developer: ReturnType<typeof makeDeveloper>) =>
    Buffer.from(developer.identity.publicKey).toString("base64url");
  const register = plainRequest("POST", "/api/v1/developers", { body: {} });

  await t.test("answers 201, then 200, signed", async (t) => {
    const developer = makeDeveloper();
    const body = { publicKey: publicKeyOf(developer), label: "mine" };
    const first = await server.manage(developer, "POST", "/api/v1/developers", body);
    t.match(first, { status: 201, json: { keyid: developer.keyid } });
    t.match(await server.manage(developer, "POST", "/api/v1/developers", body), { status: 200 });
  });

  await t.test("is refused for a key that did not sign", async (t) => {
    const developer = makeDeveloper();
    const body = { publicKey: publicKeyOf(makeDeveloper()) };
    const request = plainRequest("POST", "/api/v1/developers", { body });
    const signed = await signAsDeveloper(request, { developer, server: server.identity.fingerprint });
    t.match(await server.sendThroughEdge(signed), { status: 401, json: UNAUTHORIZED });
  });

  await t.test("is refused for a key under which any signature holds", async (t) => {
    const weak = Buffer.alloc(32);
    weak[0] = 1;
    const { keyFingerprint } = await import("@vaultproof/protocol/developer-signature");
    const body = { publicKey: weak.toString("base64url") };
    const signature = Buffer.alloc(64);
    signature[0] = 1;
    const request = await signAsDeveloper(plainRequest("POST", "/api/v1/developers", { body }), {
      developer: { keyid: keyFingerprint(weak), identity: { publicKey: weak, sign: () => signature } },
      server: server.identity.fingerprint,
    });
    t.match(await server.sendThroughEdge(request), { status: 401, json: UNAUTHORIZED });
  });

  await t.test("says what is wrong with its body", async (t) => {
    const answer = await server.sendThroughEdge(register);
    t.equal(answer.status, 400);
    t.match(answer.json, { error: "Invalid request", details: [/publicKey/] });
  });

  await t.test("can be closed, for newcomers only", async (t) => {
    const closed = await openTestApp(t, db, { config: { registration: "closed" } });
    const developer = makeDeveloper();
    const body = { publicKey: publicKeyOf(developer) };
    const refusal = await closed.manage(developer, "POST", "/api/v1/developers", body);
    t.match(refusal, { status: 403, json: { error: "Registration is closed" } });
    await insertDeveloper(db, { id: developer.keyid, publicKey: developer.identity.publicKey, label: "" });
    t.match(await closed.manage(developer, "POST", "/api/v1/developers", body), { status: 200 });
  });
});

await onAnyDatabase(t, "an answer's signature", async (t, open) => {
  const server = await openTestApp(t, await open());
  const developer = await server.registered();

  await t.test("stands on errors too, and on nothing but this answer to this request", async (t) => {
    const sign = () =>
      signAsDeveloper(plainRequest("POST", "/api/v1/keys/store", { body: { no: "slot" } }), {
        developer,
        server: server.identity.fingerprint,
      });
    const request = await sign();
    const answer = await server.sendThroughEdge(request);
    const key = server.identity.publicKey;
    t.equal(answer.status, 400);
    t.ok(isSignedAnswer(answer, request, key));
    t.notOk(isSignedAnswer({ ...answer, status: 201 }, request, key), "another status");
    t.notOk(isSignedAnswer({ ...answer, body: Buffer.from("{}") }, request, key), "another body");
    t.notOk(isSignedAnswer(answer, await sign(), key), "another request");
    t.notOk(isSignedAnswer(answer, request, makeDeveloper().identity.publicKey), "another server");
  });
});
