import t from "tap";
import { startEdgeWithBackend } from "./edge-with-backend.js";

const APP = "https://app.example";

function preflight(origin: string) {
  return {
    method: "OPTIONS",
    path: "/api/v1/proxy/call",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type,vp-server",
    },
  };
}

void t.test("no origin is allowed by default", async (t) => {
  const stack = await startEdgeWithBackend();
  t.teardown(() => stack.close());
  const asked = await stack.send(preflight(APP));
  t.equal(asked.status, 204);
  t.equal(asked.headers["vp-source"], "vaultproof");
  t.same(
    Object.keys(asked.headers).filter((name) => name.startsWith("access-control-")),
    [],
  );
  t.equal(stack.received.length, 0, "a preflight is not for the backend");
  const { headers } = await stack.send({ headers: { origin: APP } });
  t.same(
    Object.keys(headers).filter((name) => name.startsWith("access-control-")),
    [],
  );
});

void t.test("a listed origin", async (t) => {
  const stack = await startEdgeWithBackend({ corsOrigins: [APP], ipCallsPerMinute: 1 }, (_, response) => {
    response.writeHead(200, { "vp-source": "upstream", vary: "accept" });
    response.end("ok");
  });
  t.teardown(() => stack.close());

  const asked = await stack.send(preflight(APP));
  t.equal(asked.status, 204);
  t.equal(asked.headers["access-control-allow-origin"], APP);
  t.equal(asked.headers["vp-source"], "vaultproof");
  t.notOk("access-control-allow-credentials" in asked.headers);
  t.match(asked.headers["access-control-allow-methods"], /\bPOST\b/);
  const allowed = String(asked.headers["access-control-allow-headers"]).split(",");
  for (const name of ["content-type", "content-digest", "signature", "signature-input", "vp-server"]) {
    t.ok(allowed.includes(name), name);
  }

  const call = { method: "POST", path: "/api/v1/proxy/call", headers: { origin: APP } };
  const answer = await stack.send(call);
  t.equal(answer.status, 200, "preflights are not counted as calls");
  t.equal(answer.headers["access-control-allow-origin"], APP);
  t.equal(answer.headers["vp-source"], "upstream", "the backend's source stays");
  t.match(answer.headers.vary, /accept.*origin/i);
  const exposed = String(answer.headers["access-control-expose-headers"]).split(",");
  for (const name of [
    "vp-source",
    "vp-usage",
    "retry-after",
    "signature",
    "signature-input",
    "content-digest",
  ]) {
    t.ok(exposed.includes(name), name);
  }

  const refused = await stack.send(call);
  t.equal(refused.status, 429);
  t.equal(refused.headers["access-control-allow-origin"], APP, "a page may read the edge's own answers too");
});

void t.test("an origin that is not listed", async (t) => {
  const stack = await startEdgeWithBackend({ corsOrigins: [APP] });
  t.teardown(() => stack.close());
  for (const origin of ["https://other.example", `${APP}.evil.example`, "null", "http://app.example"]) {
    const asked = await stack.send(preflight(origin));
    t.notOk("access-control-allow-origin" in asked.headers, origin);
    const answer = await stack.send({ headers: { origin } });
    t.notOk("access-control-allow-origin" in answer.headers, origin);
    t.match(answer.headers.vary, /origin/i);
  }
});
