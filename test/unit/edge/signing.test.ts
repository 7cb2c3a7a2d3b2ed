import { createHash } from "node:crypto";
import t from "tap";
import { edgeInput, isSigned, startEdgeWithBackend } from "./edge-with-backend.js";

const stack = await startEdgeWithBackend();
t.teardown(() => stack.close());

void t.test("the signature covers what the backend gets", async (t) => {
  await stack.send({ method: "POST", path: "/api/v1/keys/store?x=1", body: "body" });
  const received = stack.only();
  t.equal(received.body.toString(), "body");
  t.ok(isSigned(received));
  t.same(edgeInput(received).components, ["@method", "@path", "@query", "content-digest", "vp-client-ip"]);

  t.notOk(isSigned(received, new Uint8Array(32).fill(8)), "under another secret");
  t.notOk(isSigned({ ...received, method: "PUT" }), "another method");
  t.notOk(isSigned({ ...received, url: "/api/v1/keys/list?x=1" }), "another path");
  t.notOk(isSigned({ ...received, url: "/api/v1/keys/store?x=2" }), "another query");
  t.notOk(isSigned({ ...received, body: Buffer.from("Body") }), "another body");
  const forged = { ...received.headers, "vp-client-ip": "192.0.2.1" };
  t.notOk(isSigned({ ...received, headers: forged }), "another address");
});

void t.test("parameters: times, a fresh nonce, the secret's id, algorithm and tag", async (t) => {
  const nonces = new Set<string>();
  for (let i = 0; i < 3; i++) {
    await stack.send({});
    const pattern =
      /^;created=(\d+);expires=(\d+);nonce="([A-Za-z0-9_-]{22})";keyid="one";alg="hmac-sha256";tag="vaultproof-edge"$/;
    const match = pattern.exec(edgeInput(stack.only()).parameters);
    t.ok(match, "parameters have the documented form");
    t.equal(Number(match?.[2]) - Number(match?.[1]), 30);
    nonces.add(match?.[3] ?? "");
  }
  t.equal(nonces.size, 3);
});

void t.test("an origin is covered where there is one", async (t) => {
  await stack.send({ headers: { origin: "https://app.example" } });
  const received = stack.only();
  t.equal(received.headers.origin, "https://app.example");
  t.equal(edgeInput(received).components.at(-1), "origin");
  t.ok(isSigned(received));
  t.notOk(isSigned({ ...received, headers: { ...received.headers, origin: "https://other.example" } }));
});

void t.test("an origin that cannot be signed is refused", async (t) => {
  const answer = await stack.send({ headers: { origin: "https://ex\u00e4mple" } });
  t.equal(answer.status, 400);
  t.same(JSON.parse(answer.body), { error: "Invalid request", details: ["Origin cannot be signed"] });
  t.equal(stack.received.length, 0);
});

void t.test("the digest is the edge's own, byte for byte what an honest client sent", async (t) => {
  const empty = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";
  await stack.send({});
  t.equal(stack.only().headers["content-digest"], empty, "an empty body has one too");

  const honest = `sha-256=:${createHash("sha256").update("body").digest("base64")}:`;
  for (const claim of [honest, `sha-512=:AA==:, ${honest}`, "sha-512=:AA==:", "nonsense"]) {
    const answer = await stack.send({ method: "POST", headers: { "content-digest": claim }, body: "body" });
    t.equal(answer.status, 200, claim);
    t.equal(stack.only().headers["content-digest"], honest, claim);
  }
  for (const claim of [empty, "sha-256=:AA==:", "sha-256=body", `${honest}, ${honest}`]) {
    const answer = await stack.send({ method: "POST", headers: { "content-digest": claim }, body: "body" });
    t.equal(answer.status, 400, claim);
    t.equal(answer.headers["vp-source"], "vaultproof");
    t.same(JSON.parse(answer.body), {
      error: "Invalid request",
      details: ["Content-Digest does not match the body"],
    });
    t.equal(stack.received.length, 0, "and does not reach the backend");
  }
});

void t.test("unusual paths arrive byte for byte, signed", async (t) => {
  const paths = [
    "//",
    "//a//b/",
    "/a;b=1/c",
    "/%2F%2f",
    "/a%20b?c=%20d",
    "/?",
    "/a?",
    "/a??b=?",
    "/a?x=../..",
    "/~!$&'()*+,=:@",
  ];
  for (const path of paths) {
    await stack.send({ path });
    const received = stack.only();
    t.equal(received.url, path);
    t.ok(isSigned(received), path);
  }
});

void t.test("a path that a URL parser would change is refused, not changed", async (t) => {
  const paths = [
    "/a/../b",
    "/a/%2e%2e/b",
    "/./a",
    "/a/.",
    "/a\\b",
    '/a"b',
    "/a#b",
    "/a?b#c",
    "/a|b{c}",
    "/a?b=<c>",
  ];
  for (const path of paths) {
    const answer = await stack.send({ path });
    t.equal(answer.status, 400, path);
    t.equal(stack.received.length, 0, path);
  }
  const dots = await stack.send({ path: "/a/%2e%2e/b" });
  t.equal(dots.status, 400);
  t.same(JSON.parse(dots.body), {
    error: "Invalid request",
    details: ["The path cannot be passed on as it is"],
  });
});
