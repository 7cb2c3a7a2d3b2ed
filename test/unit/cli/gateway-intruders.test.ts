import t from "tap";
import { newGatewayToken } from "vaultproof/projects/gateway-token";
import { openMemoryGateway, type MemoryGateway } from "../../helpers/memory-gateway.js";

// Other users of the machine, web pages, and requests that mean two things. None of them reaches the service, is proved,
// or has its body waited for.

interface Attempt {
  readonly line?: string;
  readonly host?: string | null;
  readonly headers?: readonly string[];
  readonly body?: string;
}

const PLAIN = "GET /openai/v1/models HTTP/1.1";

function text({ port }: MemoryGateway, { line = PLAIN, host, headers = [], body = "" }: Attempt): string {
  const hosts = host === null ? [] : [`host: ${host ?? `127.0.0.1:${port}`}`];
  return [line, ...hosts, "connection: close", ...headers].join("\r\n") + "\r\n\r\n" + body;
}

/** Status and `error.code` of an answer. */
function outcome(answer: string): string {
  const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? "none";
  return `${status} ${/"code":"([a-z_]+)"/.exec(answer)?.[1] ?? ""}`.trim();
}

await t.test("a request of the right form and token is answered", async (t) => {
  const local = await openMemoryGateway(t);
  for (const host of [`127.0.0.1:${local.port}`, `localhost:${local.port}`, `LOCALHOST:${local.port}`]) {
    const answer = await local.raw(text(local, { host, headers: [`authorization: Bearer ${local.token}`] }));
    t.equal(outcome(answer), "200", host);
  }
  const own = ["sec-fetch-site: none", `origin: ${local.gateway.url}`];
  t.equal(outcome(await local.raw(text(local, { headers: [...own, `x-api-key: ${local.token}`] }))), "200");
});

await t.test("intruders", async (t) => {
  const local = await openMemoryGateway(t);
  const { token, otherToken, port } = local;
  const key = `authorization: Bearer ${token}`;
  const wrong = newGatewayToken();
  const attempts: Record<string, { attempt: Attempt; expected: string }> = {
    "no token": { attempt: {}, expected: "401 vaultproof_token_missing" },
    "a token that is not one": {
      attempt: { headers: [`authorization: Bearer ${wrong}`] },
      expected: "401 vaultproof_token_unknown",
    },
    "the token but for its last character": {
      attempt: { headers: [`x-api-key: ${token.slice(0, -1)}`] },
      expected: "401 vaultproof_token_unknown",
    },
    "an empty token": { attempt: { headers: ["x-api-key:"] }, expected: "401 vaultproof_token_unknown" },
    "the token as a password": {
      attempt: { headers: [`authorization: Basic ${Buffer.from(`:${token}`).toString("base64")}`] },
      expected: "401 vaultproof_token_missing",
    },
    "the token in a cookie": {
      attempt: { headers: [`cookie: token=${token}`] },
      expected: "401 vaultproof_token_missing",
    },
    "tokens of two projects": {
      attempt: { headers: [key, `x-api-key: ${otherToken}`] },
      expected: "401 vaultproof_token_unknown",
    },
    "the token of a project without that provider": {
      attempt: { line: "GET /anthropic/v1/models HTTP/1.1", headers: [`x-api-key: ${otherToken}`] },
      expected: "404 vaultproof_provider_unknown",
    },
    "the token in the URL": {
      attempt: { line: `GET /openai/v1/models?token=${token} HTTP/1.1` },
      expected: "400 vaultproof_token_in_url",
    },
    "the token in the URL and in its place": {
      attempt: { line: `GET /mine/x?anything=${token} HTTP/1.1`, headers: [key] },
      expected: "400 vaultproof_token_in_url",
    },
    "a key in the URL, as Google once took it": {
      attempt: { line: "GET /google/v1beta/models?key=AIza HTTP/1.1", headers: [key] },
      expected: "400",
    },
    "a page of another origin": {
      attempt: { headers: [key, "origin: https://evil.example"] },
      expected: "403 vaultproof_foreign_origin",
    },
    "a page of no origin": {
      attempt: { headers: [key, "origin: null"] },
      expected: "403 vaultproof_foreign_origin",
    },
    "a page of another port": {
      attempt: { headers: [key, "origin: http://127.0.0.1:1"] },
      expected: "403 vaultproof_foreign_origin",
    },
    "an image or a script of a page": {
      attempt: { headers: [key, "sec-fetch-site: cross-site"] },
      expected: "403 vaultproof_foreign_origin",
    },
    "a second Origin": {
      attempt: { headers: [key, `origin: ${local.gateway.url}`, "origin: https://evil.example"] },
      expected: "403 vaultproof_foreign_origin",
    },
    "a preflight": {
      attempt: {
        line: "OPTIONS /openai/v1/models HTTP/1.1",
        headers: ["origin: https://evil.example", "access-control-request-method: POST"],
      },
      expected: "403 vaultproof_foreign_origin",
    },
    "a name that was pointed here": {
      attempt: { host: `evil.example:${port}`, headers: [key] },
      expected: "403 vaultproof_foreign_host",
    },
    "a name that ends in ours": {
      attempt: { host: `evil.localhost:${port}`, headers: [key] },
      expected: "403 vaultproof_foreign_host",
    },
    "our name without our port": {
      attempt: { host: "127.0.0.1", headers: [key] },
      expected: "403 vaultproof_foreign_host",
    },
    "no Host": { attempt: { host: null, headers: [key] }, expected: "403 vaultproof_foreign_host" },
    "two Hosts": {
      attempt: { headers: [key, "host: evil.example"] },
      expected: "403 vaultproof_foreign_host",
    },
    "dot segments": {
      attempt: { line: "GET /openai/../anthropic/v1/models HTTP/1.1", headers: [key] },
      expected: "400 vaultproof_target_invalid",
    },
    "encoded dot segments": {
      attempt: { line: "GET /openai/%2e%2E/anthropic HTTP/1.1", headers: [key] },
      expected: "400 vaultproof_target_invalid",
    },
    "an encoded slug": {
      attempt: { line: "GET /open%61i/v1/models HTTP/1.1", headers: [key] },
      expected: "404 vaultproof_provider_unknown",
    },
    "an encoded slash behind the slug": {
      attempt: { line: "GET /openai%2f..%2fanthropic HTTP/1.1", headers: [key] },
      expected: "404 vaultproof_provider_unknown",
    },
    "a backslash": {
      attempt: { line: "GET /openai/v1\\models HTTP/1.1", headers: [key] },
      expected: "400 vaultproof_target_invalid",
    },
    "an authority in the path": {
      attempt: { line: "GET /openai//evil.example/v1 HTTP/1.1", headers: [key] },
      expected: "400 vaultproof_target_invalid",
    },
    "a target with a host, as proxies are asked": {
      attempt: { line: `GET http://127.0.0.1:${port}/openai/v1/models HTTP/1.1`, headers: [key] },
      expected: "400 vaultproof_target_invalid",
    },
    "an unknown slug": {
      attempt: { line: "GET /constructor/x HTTP/1.1", headers: [key] },
      expected: "404 vaultproof_provider_unknown",
    },
    "no slug": {
      attempt: { line: "GET / HTTP/1.1", headers: [key] },
      expected: "404 vaultproof_provider_unknown",
    },
    "a WebSocket": {
      attempt: { headers: [key, "upgrade: websocket", "connection: upgrade"] },
      expected: "400 vaultproof_websocket",
    },
    "a method that is not carried": {
      attempt: { line: "OPTIONS /openai/v1/models HTTP/1.1", headers: [key] },
      expected: "405 vaultproof_method_not_carried",
    },
    "two lengths": {
      attempt: {
        line: "POST /openai/v1/x HTTP/1.1",
        headers: [key, "content-length: 1", "content-length: 2"],
      },
      expected: "400 vaultproof_malformed",
    },
    "a length and chunks": {
      attempt: {
        line: "POST /openai/v1/x HTTP/1.1",
        headers: [key, "content-length: 1", "transfer-encoding: chunked"],
      },
      expected: "400 vaultproof_malformed",
    },
    "headers of 40 kilobytes": {
      attempt: { headers: [key, `x-a: ${"a".repeat(40_000)}`] },
      expected: "431 vaultproof_headers_too_large",
    },
    "a header of 9 kilobytes": {
      attempt: { headers: [key, `x-a: ${"a".repeat(9_000)}`] },
      expected: "431 vaultproof_headers_too_large",
    },
    "65 headers": {
      attempt: { headers: [key, ...Array.from({ length: 65 }, (_, i) => `x-${i}: 1`)] },
      expected: "431 vaultproof_headers_too_large",
    },
    "a path of 9 kilobytes": {
      attempt: { line: `GET /openai/${"a".repeat(9_000)} HTTP/1.1`, headers: [key] },
      expected: "414 vaultproof_target_too_long",
    },
    "a body where there is none": {
      attempt: { headers: [key, "content-length: 2"], body: "{}" },
      expected: "400 vaultproof_body_not_allowed",
    },
    "a packed body": {
      attempt: {
        line: "POST /openai/v1/x HTTP/1.1",
        headers: [key, "content-encoding: gzip", "content-length: 2"],
        body: "{}",
      },
      expected: "415 vaultproof_body_coded",
    },
    "a body that says it is too large": {
      attempt: { line: "POST /openai/v1/x HTTP/1.1", headers: [key, "content-length: 1001"] },
      expected: "413 vaultproof_body_too_large",
    },
    "chunks that come to too much": {
      attempt: {
        line: "POST /openai/v1/x HTTP/1.1",
        headers: [key, "transfer-encoding: chunked"],
        body: `${(1001).toString(16)}\r\n${"x".repeat(1001)}\r\n`,
      },
      expected: "413 vaultproof_body_too_large",
    },
    "an upload without a token, of which the body never comes": {
      attempt: { line: "POST /openai/v1/x HTTP/1.1", headers: ["content-length: 900"] },
      expected: "401 vaultproof_token_missing",
    },
  };
  for (const [name, { attempt, expected }] of Object.entries(attempts)) {
    await t.test(name, async (t) => {
      const answer = await local.raw(text(local, attempt));
      t.equal(outcome(answer), expected);
      t.notMatch(answer, /^access-control-/im);
      for (const secret of [token, otherToken, wrong, local.bundle]) t.notOk(answer.includes(secret));
    });
  }
  t.strictSame(local.memory.service.requests, [], "nothing of it went anywhere");
  t.strictSame(local.memory.prover.witnesses, []);
});

await t.test("what it sends to the service holds no credential of the client's", async (t) => {
  const local = await openMemoryGateway(t);
  const credentials = ["authorization: Bearer sk-real-1", "x-api-key: sk-real-2", "api-key: sk-real-3"];
  const headers = [
    `x-goog-api-key: ${local.token}`,
    ...credentials,
    "cookie: sk-real-4",
    "proxy-authorization: sk-real-5",
    "connection: x-hop",
    "x-hop: sk-real-6",
    "upgrade: h2c",
    "http2-settings: AAMAAABk",
    "x-stays: yes",
  ];
  t.equal(outcome(await local.raw(text(local, { headers }))), "200");
  const sent = JSON.stringify(local.memory.service.requests);
  t.notMatch(sent, /sk-real|AAMAAABk/);
  t.notOk(sent.includes(local.token));
  t.match(local.memory.service.state.executed[0]?.headers, { "x-stays": "yes" });
});

await t.test("paths pass byte for byte", async (t) => {
  const local = await openMemoryGateway(t);
  const targets: Record<string, string> = {
    "/openai/v1/models?limit=2&after=a%2Fb": "/v1/models?limit=2&after=a%2Fb",
    "/openai/v1//files/f%20a": "/v1//files/f%20a",
    "/openai": "/",
    "/openai?x=1": "/?x=1",
    // As the SDK's URLs are written.
    "/openai/v1/models?": "/v1/models",
    "/mine/x?key=1": "/x?key=1",
    "/anthropic/v1/messages": "/v1/messages",
    "/anthropic/messages": "/v1/messages",
  };
  for (const [target, expected] of Object.entries(targets)) {
    const line = `GET ${target} HTTP/1.1`;
    await local.raw(text(local, { line, headers: [`x-api-key: ${local.token}`] }));
    t.equal(local.memory.service.state.executed.at(-1)?.targetPath, expected, target);
  }
});
