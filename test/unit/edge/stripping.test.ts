import t from "tap";
import { isSigned, startEdgeWithBackend } from "./edge-with-backend.js";

const stack = await startEdgeWithBackend({}, (_, response) => {
  response.writeHead(200, {
    "x-kept": "yes",
    "vp-source": "upstream",
    "keep-alive": "timeout=1",
    "x-named": "gone",
    connection: "keep-alive, X-Named",
    "access-control-allow-origin": "*",
    "proxy-authenticate": "Basic",
  });
  response.end("answer");
});
t.teardown(() => stack.close());

const FORGED: Record<string, string> = {
  "vp-client-ip": "192.0.2.66",
  "vp-source": "upstream",
  "vp-anything": "1",
  "VP-Upper": "1",
  forwarded: "for=192.0.2.66",
  "x-forwarded-for": "192.0.2.66",
  "x-forwarded-host": "evil.example",
  "x-forwarded-proto": "https",
  "x-forwarded-anything": "1",
  te: "trailers",
  trailer: "x",
  upgrade: "h2c",
  "keep-alive": "timeout=5",
  "proxy-connection": "keep-alive",
  "proxy-authorization": "Basic eA==",
  "proxy-authenticate": "Basic",
  "http2-settings": "AA",
  "x-named": "1",
};

for (const [name, value] of Object.entries(FORGED)) {
  void t.test(`a client's ${name} does not reach the backend`, async (t) => {
    const others = { connection: "close, X-Named", "x-kept": "1", "vp-server": "fingerprint" };
    // Only a chunked request may announce trailers.
    const headers = { "transfer-encoding": "chunked", ...others, [name]: value };
    await stack.send({ method: "POST", headers });
    const received = stack.only();
    const own = name === "vp-client-ip" ? "127.0.0.1" : undefined;
    t.equal(received.headers[name.toLowerCase()], own);
    t.equal(received.headers["x-kept"], "1");
    t.equal(received.headers["vp-server"], "fingerprint", "vp-server is the client's to send");
    t.equal(received.headers["vp-client-ip"], "127.0.0.1");
    t.ok(isSigned(received));
  });
}

void t.test("Connection cannot make the edge drop its own fields", async (t) => {
  const names = "vp-client-ip, content-digest, signature, signature-input, content-length, host";
  await stack.send({ method: "POST", headers: { connection: names }, body: "body" });
  const received = stack.only();
  t.ok(isSigned(received));
  t.equal(received.body.toString(), "body");
});

void t.test("of a client's signatures only the developer's is kept", async (t) => {
  const input = '("@method");created=1;tag="vaultproof-developer"';
  await stack.send({
    headers: {
      "signature-input": `vp-edge=("@method");created=1;keyid="one", vp-developer=${input}, vp-answer=${input}`,
      signature: "vp-edge=:AAAA:, vp-developer=:AQID:, vp-answer=:AAAA:",
    },
  });
  const { headers } = stack.only();
  t.match(
    headers["signature-input"],
    new RegExp(`^vp-developer=${input.replaceAll(/[()]/g, "\\$&")}, vp-edge=\\(`),
  );
  t.match(headers.signature, /^vp-developer=:AQID:, vp-edge=:[A-Za-z0-9+/]{43}=:$/);
});

void t.test("signatures that are malformed or ambiguous are dropped whole", async (t) => {
  for (const signature of ["vp-developer=:AA==:, (", "vp-developer=:AA==:, vp-developer=:AQ==:", ",", "x"]) {
    await stack.send({ headers: { signature, "signature-input": signature } });
    const received = stack.only();
    t.match(received.headers.signature, /^vp-edge=:[^,]*:$/, signature);
    t.match(received.headers["signature-input"], /^vp-edge=\([^,]*$/, signature);
    t.ok(isSigned(received), signature);
  }
});

void t.test("repeated lines of a field are one to edge and backend", async (t) => {
  await stack.send({
    headers: {
      "vp-client-ip": ["192.0.2.1", "192.0.2.2"],
      signature: ["vp-edge=:AA==:", "vp-developer=:AQID:"],
    },
  });
  const received = stack.only();
  t.equal(received.headers["vp-client-ip"], "127.0.0.1");
  t.match(received.headers.signature, /^vp-developer=:AQID:, vp-edge=:[^,]*:$/);
  t.ok(isSigned(received));
});

void t.test("an answer keeps its headers, less those of the connection and of CORS", async (t) => {
  const { status, headers, body } = await stack.send({});
  stack.only();
  t.equal(status, 200);
  t.equal(body, "answer");
  t.equal(headers["x-kept"], "yes");
  t.equal(headers["vp-source"], "upstream");
  for (const name of ["x-named", "proxy-authenticate", "access-control-allow-origin", "content-type"]) {
    t.notOk(name in headers, name);
  }
});

void t.test("nothing that the edge answers is a document of its origin", async (t) => {
  const stack = await startEdgeWithBackend({}, (_, response) => {
    const policy = "script-src *";
    response.writeHead(200, { "content-type": "text/html", "content-security-policy": policy });
    response.end("<script>alert(origin)</script>");
  });
  t.teardown(() => stack.close());
  for (const path of ["/api/v1/proxy/call", "/health"]) {
    const { headers } = await stack.send({ method: "POST", path });
    t.equal(headers["content-security-policy"], "default-src 'none'; frame-ancestors 'none'; sandbox", path);
    t.equal(headers["x-content-type-options"], "nosniff", path);
  }
});
